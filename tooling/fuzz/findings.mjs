// Findings: reported once, minimised, kept.
import { judge, kindOf } from './judge.mjs';
import { keepInput } from './corpus.mjs';
import { minimise } from './minimise.mjs';
import { seedOf } from './random.mjs';
import { Violation } from './violation.mjs';

/** @import { CaseName } from './cases.mjs' */

/** @type {Set<string>} */
const seen = new Set();

export const findings = () => seen.size;

/**
 * @param {CaseName} name
 * @param {Uint8Array} octets
 * @param {Violation} violation
 * @param {string} again the command that finds it again
 */
export function report(name, octets, violation, again) {
  const kind = kindOf(name, violation);
  if (seen.has(kind)) return;
  seen.add(kind);
  /** @param {Uint8Array} candidate */
  const same = (candidate) => {
    const result = judge(name, candidate);
    return result instanceof Violation && kindOf(name, result) === kind;
  };
  keep(name, octets, minimise(octets, same), violation.message, again);
}

/**
 * Reports a finding that ends the process: it is not minimised.
 * @param {CaseName} name
 * @param {Uint8Array} octets
 * @param {string} message
 * @param {string} again
 */
export function reportFatal(name, octets, message, again) {
  seen.add(`${name} ${message}`);
  keep(name, octets, octets, message, again);
}

/**
 * @param {CaseName} name
 * @param {Uint8Array} octets
 * @param {Uint8Array} least of the octets, what is needed
 * @param {string} message
 * @param {string} again
 */
function keep(name, octets, least, message, again) {
  const { path, known } = keepInput(name, `finding-${seedOf(least).toString(16).padStart(8, '0')}`, least);
  console.error(`\n${name}: ${message}`);
  console.error(`  ${octets.length} bytes, ${least.length} of them needed`);
  console.error(`  again:     ${again}`);
  console.error(`  minimised: pnpm fuzz ${path}${known ? ' (was there before)' : ''}`);
}
