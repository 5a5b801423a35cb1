// Structured fuzzing: run i makes its case from the seed S + i, so that a finding can be repeated alone.
import { cases } from './cases.mjs';
import { findings, report } from './findings.mjs';
import { judge } from './judge.mjs';
import * as lib from './lib.mjs';
import { Random } from './random.mjs';
import { Violation } from './violation.mjs';

/** @import { CaseName } from './cases.mjs' */

/** Turns of the cases: the largest have more. */
const turns = /** @type {const} */ ([
  ...['stream', 'image', 'restore', 'libxl', 'image', 'receive', 'stream', 'helper'],
  ...['restore', 'control-request', 'image', 'checkpointed', 'receive', 'control-reply', 'banner', 'libxl'],
  ...[
    'record',
    'operator-request',
    'trace',
    'configuration-file',
    'operator-reply',
    'guest',
    'trace',
    'record',
  ],
  ...['stream-configuration', 'vcpu-context', 'noted', 'migrate'],
]);
/** Different findings after which a run ends. */
const ENOUGH = 10;

/**
 * Options of the command line.
 * @typedef {object} Request
 * @property {number} seed
 * @property {number | undefined} runs
 * @property {number | undefined} minutes
 * @property {CaseName | undefined} only
 */

/** @param {Request} request */
export function fuzzAlongStructure({ seed, runs, minutes, only }) {
  const deadline = minutes === undefined ? Infinity : performance.now() + minutes * 60_000;
  const most = runs ?? (minutes === undefined ? 3000 : Infinity);
  /** @type {Map<string, Map<string, number>>} */
  const outcomes = new Map();
  const began = performance.now();
  let done = 0;
  for (; done < most && performance.now() < deadline && findings() < ENOUGH; done++) {
    const name = only ?? /** @type {CaseName} */ (turns[done % turns.length]);
    const octets = cases[name].make(new Random(seed + done), lib);
    const result = judge(name, octets);
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
  console.log(`${done} runs from seed ${seed} in ${seconds} s: ${findings()} findings`);
}
