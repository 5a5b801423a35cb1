// Feeds damaged streams, messages, files and programs to everything that reads them. Status 0 only if no
// oracle objects. See docs/fuzzing.md.
import { parseArgs } from 'node:util';
import { caseNames, isCase } from './cases.mjs';
import { caseOf, readInput } from './corpus.mjs';
import { findings } from './findings.mjs';
import { fuzzGuided } from './guided.mjs';
import { judge } from './judge.mjs';
import { fuzzAlongStructure } from './structural.mjs';
import { Violation } from './violation.mjs';

const usage = `usage: pnpm fuzz [--guided [--keep] [--jobs J]] [--seed S] [--runs N | --minutes M] [--only CASE]
       pnpm fuzz FILE ...

  --guided     changes what the corpus holds, guided by coverage; else each case is made along the structure, from its seed
  --keep       keeps what reached more in the corpus, and there no more than is needed
  --jobs J     so many cases at a time; as there are processors unless given
  --seed S     1 unless given
  --runs N     3000 in all unless given; with --guided 2000 of each case
  --minutes M  in all
  --only CASE  ${caseNames.join(', ')}
  FILE         from the corpus, or any other in a folder with the name of a case: judged alone`;

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function commandLine() {
  const { values, positionals } = parse();
  const { only, guided, keep } = values;
  const [seed, runs, minutes, jobs] = [number('seed'), number('runs'), number('minutes'), number('jobs')];
  /** @param {'seed' | 'runs' | 'minutes' | 'jobs'} name */
  function number(name) {
    const text = values[name];
    if (text !== undefined && !(Number(text) > 0)) fail(`--${name} takes a number`);
    return text === undefined ? undefined : Number(text);
  }
  if (only !== undefined && !isCase(only)) fail(`there is no case ${only}`);
  if (!guided && (keep || jobs !== undefined)) fail('--keep and --jobs go with --guided');
  return { seed: seed ?? 1, runs, minutes, jobs, only, guided, keep, files: positionals };
}

function parse() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const numbers = { seed: text, runs: text, minutes: text, jobs: text };
  try {
    return parseArgs({
      options: { ...numbers, only: text, guided: flag, keep: flag },
      allowPositionals: true,
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} file */
function replay(file) {
  const name = caseOf(file);
  if (!isCase(name)) fail(`${file}: its folder has the name of no case`);
  const result = judge(name, readInput(file));
  console.log(`${file}: ${result}`);
  if (result instanceof Violation) process.exitCode = 1;
}

const { files, guided, ...options } = commandLine();
if (files.length > 0) files.forEach(replay);
else if (guided) await fuzzGuided(options);
else fuzzAlongStructure(options);
if (findings() > 0) process.exitCode = 1;
