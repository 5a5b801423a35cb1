// Recovery after a round: what a careful operator does, according to the documents, so that the guest runs
// again, once, under its name.
import { spawnSync } from 'node:child_process';
import { program } from '../operator/process.mjs';

/** @import { StageDomain, StageHost } from '../stage.mjs' */
/** @import { Round } from './round.mjs' */

/** @typedef {{ spokeLast: () => string | undefined }} Life of the guest: the path of the console on which it ticked last */

const OWN = 'busy';

/**
 * Runs `xl` at a host; throws its message if it fails.
 * @param {StageHost} host
 * @param {string[]} words
 */
export function xl(host, ...words) {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program('xl'), ...words], {
    env: { PATH, HOME, MIG_HOST_DIR: host.folder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`xl ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

/**
 * @typedef {{ host: StageHost, domain: StageDomain }} There a domain, and where it is
 */
/**
 * @typedef {object} Found what the hosts have of the guest once the round is over
 * @property {There[]} live where it runs or is paused
 * @property {There[]} abandoned suspended, and never sent away
 * @property {There[]} away
 */

/** @param {readonly StageHost[]} hosts @returns {Found} */
export function find(hosts) {
  const all = hosts.flatMap((host) => host.domains().map((domain) => ({ host, domain })));
  /** @param {StageDomain['standing']} word */
  const standing = (word) => all.filter(({ domain }) => domain.standing === word);
  return { live: standing('free'), abandoned: standing('abandoned'), away: standing('away') };
}

/**
 * Leaves the guest running at one host, under its own name.
 * @param {readonly StageHost[]} hosts
 * @param {Round} round
 * @param {Life} life
 * @returns {{ host: StageHost | undefined, violations: string[] }} the host; undefined if the guest has
 * ended
 */
export function recover(hosts, round, life) {
  /** @type {string[]} */
  const violations = [];
  // Other domains that an operator has made are not needed any more.
  for (const host of hosts) {
    for (const domid of host.domids()) if (host.isDecoy(domid)) xl(host, 'destroy', String(domid));
  }
  const { live, abandoned, away } = find(hosts);
  const words = JSON.stringify([...live, ...abandoned, ...away].map(({ domain }) => domain));
  if (live.length > 1) violations.push(`it lives twice: ${words}`);
  if (abandoned.length + live.length > 1) violations.push(`one lives, and one was never sent away: ${words}`);
  const chosen = choose({ live, abandoned, away }, round, life, violations);
  /** @param {There} there */
  const destroyed = ({ host, domain }) => xl(host, 'destroy', domain.name);
  for (const each of [...live, ...abandoned, ...away]) if (each !== chosen) destroyed(each);
  if (chosen === undefined) return { host: fromImage(hosts, round, violations), violations };
  const { host, domain } = chosen;
  if (abandoned.includes(chosen)) xl(host, 'resume', domain.name);
  if (away.includes(chosen)) xl(host, 'resume', '--force', domain.name);
  const [now] = host.domains();
  if (now !== undefined && now.name !== OWN) xl(host, 'rename', now.name, OWN);
  if (now?.state === 'paused') xl(host, 'unpause', OWN);
  return { host, violations };
}

/**
 * Chooses the domain to continue with: a live one; else one that was never sent; else, if no other host has
 * it, one that was sent away.
 * @param {Found} found
 * @param {Round} round
 * @param {Life} life
 * @param {string[]} violations
 */
function choose({ live, abandoned, away }, round, life, violations) {
  if (live.length > 0) return live[0];
  if (abandoned.length > 0) return abandoned[0];
  // It was saved, or ended, where it ran: a domain sent from elsewhere before is outdated.
  if (round.images.length > 0) return undefined;
  const newest = life.spokeLast();
  const last = away.find(({ host, domain }) => newest === host.consoleOf(domain.domid));
  if (last === undefined && !round.isEnded) violations.push('none is left, and nobody has ended it');
  return last;
}

/**
 * @param {readonly StageHost[]} hosts
 * @param {Round} round
 * @param {string[]} violations
 */
function fromImage(hosts, round, violations) {
  const image = round.images.at(-1);
  if (image === undefined) return undefined;
  const [host] = hosts;
  if (host === undefined) return undefined;
  try {
    xl(host, 'restore', image);
    return host;
  } catch (error) {
    violations.push(`what was saved is lost: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
