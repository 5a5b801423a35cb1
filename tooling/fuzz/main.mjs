// Feeds damaged streams and messages to everything that reads them, by seed. Status 0 only if every oracle was content.
//
// usage: node tooling/fuzz/main.mjs [--seed S] [--runs N | --minutes M] [--only CASE]
//        node tooling/fuzz/main.mjs CASE-NAME.hex ...     to run kept findings again
//
// Run i has the seed S + i: a finding is printed with the command that runs it alone. docs/fuzzing.md has more.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as hypervisor from '../../packages/hypervisor/dist/index.js';
import * as posix from '../../packages/posix/dist/index.js';
import * as control from '../../packages/protocol/dist/control.js';
import * as handshake from '../../packages/protocol/dist/handshake/index.js';
import * as protocol from '../../packages/protocol/dist/index.js';
import * as helper from '../../packages/protocol/dist/save-helper/index.js';
import * as receiver from '../../packages/receiver/dist/index.js';
import { cases } from './cases.mjs';
import { minimise } from './minimise.mjs';
import { Random, seedOf } from './random.mjs';
import { Violation } from './violation.mjs';

const lib = { control, handshake, helper, hypervisor, posix, protocol, receiver };
const findings = fileURLToPath(new URL('../../packages/protocol/fixtures/fuzz/', import.meta.url));
/** How often each case has its turn. */
const turns = [
  ...['stream', 'image', 'restore', 'libxl', 'image', 'receive', 'stream', 'helper'],
  ...['restore', 'control-request', 'image', 'checkpointed', 'receive', 'control-reply', 'banner', 'libxl'],
];
/** Different findings after which a run is over, and milliseconds after which a case is too slow. */
const ENOUGH = 10;
const SLOW = 5000;

function usage(message) {
  console.error(
    `${message}\nusage: pnpm fuzz [--seed S] [--runs N | --minutes M] [--only CASE] [FILE.hex ...]`,
  );
  console.error(`cases: ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}

function commandLine() {
  const number = { type: 'string' };
  let parsed;
  try {
    const options = { seed: number, runs: number, minutes: number, only: number };
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    usage(error.message);
  }
  const { values, positionals } = parsed;
  for (const name of ['seed', 'runs', 'minutes']) {
    if (values[name] !== undefined && !(Number(values[name]) >= 0)) usage(`--${name} takes a number`);
  }
  if (values.only !== undefined && !(values.only in cases)) usage(`there is no case ${values.only}`);
  return { ...values, files: positionals };
}

/** @returns how it went, or the Violation */
function run(name, octets) {
  const began = performance.now();
  try {
    const outcome = cases[name].check(octets, lib);
    const took = performance.now() - began;
    if (took > SLOW) return new Violation('time', `${took.toFixed(0)} ms for ${octets.length} octets`);
    return outcome;
  } catch (error) {
    if (error instanceof Violation) return error;
    return new Violation('unexpected error', String(error?.stack ?? error), { cause: error });
  }
}

const seen = new Set();

/** What tells one finding from another: the oracle, and how its words begin, numbers apart; of an error, where it is thrown. */
function kindOf(name, { oracle, message }) {
  const words =
    oracle === 'unexpected error' ? message.split('\n').slice(0, 2).join(' ') : message.slice(0, 60);
  return `${name} ${words.replace(/[0-9]+/g, '#')}`;
}

function report(name, octets, violation, command) {
  const kind = kindOf(name, violation);
  if (seen.has(kind)) return;
  seen.add(kind);
  const same = (candidate) => {
    const result = run(name, candidate);
    return result instanceof Violation && kindOf(name, result) === kind;
  };
  const least = minimise(octets, same);
  mkdirSync(findings, { recursive: true });
  const file = `${name}-${seedOf(least).toString(16).padStart(8, '0')}.hex`;
  const known = existsSync(findings + file);
  const lines = Buffer.from(least)
    .toString('hex')
    .replace(/.{1,64}/g, '$&\n');
  writeFileSync(findings + file, `# ${violation.message.split('\n')[0]}\n${lines}`);
  console.error(`\n${name}: ${violation.message}`);
  console.error(`  ${octets.length} octets, ${least.length} of them needed`);
  console.error(`  again:     ${command}`);
  console.error(
    `  minimised: pnpm fuzz packages/protocol/fixtures/fuzz/${file}${known ? ' (was there before)' : ''}`,
  );
}

function replay(file) {
  const name = basename(file).replace(/-[0-9a-f]{8}\.hex$/, '');
  if (!(name in cases)) usage(`${file}: its name begins with no case`);
  const text = readFileSync(file, 'utf8').replace(/^#.*$/gm, '').replace(/\s+/g, '');
  const result = run(name, new Uint8Array(Buffer.from(text, 'hex')));
  console.log(`${file}: ${result}`);
  if (result instanceof Violation) process.exitCode = 1;
}

const { files, ...options } = commandLine();
if (files.length > 0) {
  files.forEach(replay);
} else {
  const seed = Number(options.seed ?? 1);
  const deadline =
    options.minutes === undefined ? Infinity : performance.now() + Number(options.minutes) * 60_000;
  const runs = Number(options.runs ?? (deadline === Infinity ? 3000 : Infinity));
  const outcomes = new Map();
  const began = performance.now();
  let done = 0;
  for (; done < runs && performance.now() < deadline && seen.size < ENOUGH; done++) {
    const name = options.only ?? turns[done % turns.length];
    const octets = cases[name].make(new Random(seed + done), lib);
    const result = run(name, octets);
    const outcome = result instanceof Violation ? 'VIOLATION' : result;
    const counts = outcomes.get(name) ?? new Map();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    outcomes.set(name, counts);
    if (result instanceof Violation) {
      report(name, octets, result, `pnpm fuzz --only ${name} --seed ${seed + done} --runs 1`);
    }
    if (process.stderr.isTTY && done % 100 === 0) process.stderr.write(`\r${done} `);
  }
  for (const [name, counts] of [...outcomes].sort()) {
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    console.log(`${name}: ${sorted.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${done} runs from seed ${seed} in ${seconds} s: ${seen.size} findings`);
  if (seen.size > 0) process.exitCode = 1;
}
