/**
 * Names of domains: which ones are legal, and which ones the copies have while two hosts have the domain
 * (tools/xl/xl_migrate.c, xl_vmcontrol.c).
 */
import { utf8 } from '../octets/text.js';

const AWAY = '--migratedaway';
const INCOMING = '--incoming';

/** Names the source's copy from the moment when the target may run the domain. */
export function awayName(name: string): string {
  return name + AWAY;
}

/**
 * Returns the domain's own name, given the name of its copy at the source; undefined for any other domain.
 */
export function nameOfAway(name: string): string | undefined {
  return name.endsWith(AWAY) ? name.slice(0, -AWAY.length) : undefined;
}

/** Names the target's copy until it may run. */
export function incomingName(name: string): string {
  return name + INCOMING;
}

/** Returns the domain's own name, given the name of its incoming copy; undefined for any other domain. */
export function nameOfIncoming(name: string): string | undefined {
  return name.endsWith(INCOMING) ? name.slice(0, -INCOMING.length) : undefined;
}

/**
 * Most octets of a name. libxl accepts any text that is not empty, but a name becomes part of file names:
 * because of /var/log/xen/qemu-dm-NAME--incoming.log no domain that stock has made comes near this length.
 */
export const LONGEST_NAME = 255;

/**
 * Checks a domain's name, wherever it comes from. The suffix that a migration adds does not count.
 * @returns what is wrong with it, to follow "the name"; undefined for a legal name
 */
export function nameProblem(name: string): string | undefined {
  const own = nameOfAway(name) ?? nameOfIncoming(name) ?? name;
  if (own === '') return 'must not be empty';
  // Names appear in tables, logs, paths and other users' terminals; half of a surrogate pair is not text at
  // all.
  if (/[\p{Cc}\p{Cs}/]/u.test(own)) return "must not hold control characters or '/'";
  if (utf8(own).length > LONGEST_NAME) return `must not be longer than ${LONGEST_NAME} bytes`;
  return undefined;
}
