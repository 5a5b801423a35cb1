// Invariants that hold after each case, whatever has happened.

/** @import { Case } from './strata.mjs' */
/** @import { Seen } from './scene.mjs' */
/** @import { StageDomain } from './stage.mjs' */

/** @typedef {(right: boolean, what: string) => void} Check takes the fault in words */

/**
 * @param {Check} check
 * @param {Case} it
 * @param {Seen} seen
 */
export function checkAlways(check, { point }, seen) {
  const { last, others } = seen;
  check(seen.reached, `it never came to ${point.name}`);
  check(seen.late === undefined, `does not end: ${seen.late}`);
  for (const each of seen.confusion) check(false, `the relay does not understand the conversation: ${each}`);
  for (const each of seen.left) check(false, `left behind: ${each}`);
  for (const each of seen.life) check(false, `the guest: ${each}`);
  const domains = [...seen.hosts.source, ...seen.hosts.target, ...others];
  for (const { name, logDirty } of domains) {
    check(!logDirty, `the writes of ${name} are still being logged`);
  }
  check(domains.filter(({ state }) => state === 'running').length <= 1, 'TWO ARE RUNNING');
  const internal = /^\s+at .*:\d+|cannot happen in|without a word|undefined|\[object/m.exec(
    seen.stderr + (last?.message ?? ''),
  );
  check(internal === null, `says: ${internal?.[0]}`);
}

/**
 * Formats domains: name and state.
 * @param {readonly StageDomain[]} domains
 */
export function listed(domains) {
  if (domains.length === 0) return 'nothing';
  return domains.map(({ name, state }) => `${name} ${state}`).join(' and ');
}
