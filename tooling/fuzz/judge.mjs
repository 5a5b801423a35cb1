// Judges one case: how it went, or which oracle objects.
import { cases } from './cases.mjs';
import * as lib from './lib.mjs';
import { Violation, violationOf } from './violation.mjs';

/**
 * Processor time in milliseconds after which a case is too slow: not wall clock time, because others may be
 * at work.
 */
const SLOW = 5000;

/**
 * @param {import('./cases.mjs').CaseName} name
 * @param {Uint8Array} octets
 * @returns how it went, or the Violation
 */
export function judge(name, octets) {
  const began = process.cpuUsage();
  try {
    const outcome = cases[name].check(octets, lib);
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    if (took > SLOW) return new Violation('time', `${took.toFixed(0)} ms for ${octets.length} bytes`);
    return outcome;
  } catch (error) {
    return violationOf(error);
  }
}

/**
 * Identifies a finding: the oracle, and the beginning of its message without numbers; for an error, where
 * it is thrown.
 * @param {string} name
 * @param {Violation} violation
 */
export function kindOf(name, { oracle, message }) {
  const words =
    oracle === 'unexpected error' ? message.split('\n').slice(0, 2).join(' ') : message.slice(0, 60);
  return `${name} ${words.replace(/[0-9]+/g, '#')}`;
}
