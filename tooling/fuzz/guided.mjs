// Coverage-guided fuzzing: jazzer.js, which is libFuzzer for JavaScript, mutates the corpus, and again
// whatever takes a new branch. Each case runs in processes of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';
import { caseNames, cases } from './cases.mjs';
import { folderOf, readInput, replaceReaching } from './corpus.mjs';
import { findings, report, reportFatal } from './findings.mjs';
import { judge } from './judge.mjs';
import * as lib from './lib.mjs';
import { Random } from './random.mjs';
import { Violation } from './violation.mjs';

/** @import { CaseName } from './cases.mjs' */
/** @import { Request } from './structural.mjs' */

/** Most octets of an input: room for a few pages, and quickly decoded. */
const LONGEST = 16384;
/** Number of structured inputs at the start of a run, beside the corpus. */
const MADE = 40;
/**
 * Memory limit of the process in MiB: Node and libFuzzer take some 300. libFuzzer must hit it before Node
 * gives up.
 */
const MOST_MEMORY = 2048;
const MOST_OBJECTS = 2 * MOST_MEMORY;
/** Runs of each case by default. */
const RUNS = 2000;

const program = fileURLToPath(new URL('./under-jazzer.mjs', import.meta.url));

/**
 * @param {CaseName} name
 * @param {string} folder
 * @param {readonly string[]} flags of libFuzzer
 * @returns {Promise<{ said: string, ended: number | string | null }>} its output, and how it ended
 */
function underJazzer(name, folder, flags) {
  const parameters = [`--max-old-space-size=${MOST_OBJECTS}`, program, name, '--', ...flags];
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    // Comparisons are numbered in the order in which modules load. With a single reader of files that is
    // mostly the same.
    env: { ...process.env, TMPDIR: folder, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (octets) => said.push(octets));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ said: Buffer.concat(said).toString(), ended: code ?? signal });
    });
  });
}

/**
 * @param {CaseName} name
 * @param {string} folder
 * @param {number} seed
 */
function makeInputs(name, folder, seed) {
  for (let i = 0; i < MADE; i++) {
    const octets = cases[name].make(new Random(seed + i), lib);
    if (octets.length <= LONGEST) writeFileSync(join(folder, String(i)), octets);
  }
}

/**
 * The last figures of libFuzzer, which it prints on the way.
 * @param {string} said
 */
function figuresIn(said) {
  const last = said.match(/^#\d+\t.*$/gm)?.at(-1) ?? '';
  /** @param {RegExp} pattern */
  const figure = (pattern) => Number(pattern.exec(last)?.[1] ?? 0);
  return { runs: figure(/^#(\d+)/), edges: figure(/cov: (\d+)/) };
}

/**
 * @param {CaseName} name
 * @param {Omit<Request, 'only'> & { keep: boolean }} request
 */
async function fuzzCase(name, { seed, runs, minutes, keep }) {
  const folder = temporaryFolder('mig-fuzz-');
  /** @param {string} name */
  const folderFor = (name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const [reached, made] = [folderFor('reached'), folderFor('made')];
  const [found, kept] = [folderFor('found'), folderFor('kept')];
  try {
    makeInputs(name, made, seed);
    const bound =
      minutes === undefined ? `-runs=${runs ?? RUNS}` : `-max_total_time=${Math.ceil(minutes * 60)}`;
    const flags = [
      `-seed=${seed}`,
      bound,
      `-max_len=${LONGEST}`,
      `-rss_limit_mb=${MOST_MEMORY}`,
      '-reload=0',
    ];
    const began = performance.now();
    const { said, ended } = await underJazzer(name, folder, [
      ...[reached, folderOf(name), made],
      ...[...flags, `-artifact_prefix=${found}/`],
    ]);
    const seconds = (performance.now() - began) / 1000;
    const { runs: done, edges } = figuresIn(said);
    console.log(
      `${name}: ${done} runs in ${seconds.toFixed(1)} s, ${edges} edges, ${readdirSync(reached).length} inputs that reached more`,
    );
    if (ended !== 0) reportFound(name, found, said, seed);
    else if (edges === 0) throw new Error(`jazzer.js sees nothing of ${name}:\n${said.slice(-4000)}`);
    if (keep) await keepWhatReaches(name, folder, [folderOf(name), made, reached], kept);
  } finally {
    removeTemporaryFolder(folder);
  }
}

/**
 * @param {CaseName} name
 * @param {string} found the folder of what it has found
 * @param {string} said
 * @param {number} seed
 */
function reportFound(name, found, said, seed) {
  const again = `pnpm fuzz --guided --only ${name} --seed ${seed}`;
  const [file] = readdirSync(found);
  if (file === undefined) throw new Error(`jazzer.js has failed:\n${said.slice(-4000)}`);
  const octets = readInput(join(found, file));
  // An input that ended its process, too slow or too large, is not tried in this one.
  const result = said.includes('Uncaught Exception: ') ? judge(name, octets) : undefined;
  if (result instanceof Violation) report(name, octets, result, again);
  else reportFatal(name, octets, /ERROR: libFuzzer: .*/.exec(said)?.[0] ?? said.slice(-4000), again);
}

/**
 * Minimises the corpus: few and small inputs that together take every branch, in place of the earlier ones.
 * @param {CaseName} name
 * @param {string} folder
 * @param {readonly string[]} all folders
 * @param {string} kept the folder that they go to
 */
async function keepWhatReaches(name, folder, all, kept) {
  // The number of times that a branch is taken matters only to the search, and would keep four times as
  // many inputs.
  const flags = ['-merge=1', '-use_counters=0', `-max_len=${LONGEST}`];
  const { said, ended } = await underJazzer(name, folder, [...flags, kept, ...all]);
  if (ended !== 0) throw new Error(`jazzer.js could not merge:\n${said.slice(-4000)}`);
  replaceReaching(name, kept);
}

/** @param {Request & { keep: boolean, jobs: number | undefined }} request */
export async function fuzzGuided({ only, minutes, jobs = availableParallelism(), ...options }) {
  const waiting = only === undefined ? [...caseNames] : [only];
  const each =
    minutes === undefined ? undefined : (minutes * Math.min(jobs, waiting.length)) / waiting.length;
  const began = performance.now();
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await fuzzCase(name, { ...options, minutes: each });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`guided from seed ${options.seed} in ${seconds} s: ${findings()} findings`);
}
