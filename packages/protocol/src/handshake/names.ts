/**
 * What a domain may be called, and under which names it goes while two hosts have it (tools/xl/xl_migrate.c,
 * xl_vmcontrol.c).
 */
import { utf8 } from '../octets/text.js';

const AWAY = '--migratedaway';
const INCOMING = '--incoming';

/** The source's copy once the target may run the domain. */
export function awayName(name: string): string {
  return name + AWAY;
}

/** The name of the domain whose copy at the source this is; undefined for any other domain. */
export function nameOfAway(name: string): string | undefined {
  return name.endsWith(AWAY) ? name.slice(0, -AWAY.length) : undefined;
}

/** The target's copy until it may run. */
export function incomingName(name: string): string {
  return name + INCOMING;
}

/** The name of the domain of which this is an incoming copy; undefined for any other domain. */
export function nameOfIncoming(name: string): string | undefined {
  return name.endsWith(INCOMING) ? name.slice(0, -INCOMING.length) : undefined;
}

/**
 * Octets at most. libxl itself takes any text that is not empty, but a name is part of names of files: with
 * /var/log/xen/qemu-dm-NAME--incoming.log no domain that stock has made comes near.
 */
export const LONGEST_NAME = 255;

/**
 * The one rule for what a domain is called, wherever the name comes from. What a migration adds to it does not count.
 * @returns what is wrong with it, to follow "the name"; undefined where nothing is
 */
export function nameProblem(name: string): string | undefined {
  const own = nameOfAway(name) ?? nameOfIncoming(name) ?? name;
  if (own === '') return 'must not be empty';
  // Tables, logs, paths and other people's terminals carry names; a half of a surrogate pair is no text at all.
  if (/[\p{Cc}\p{Cs}/]/u.test(own)) return "must not hold control characters or '/'";
  if (utf8(own).length > LONGEST_NAME) return `must not be longer than ${LONGEST_NAME} octets`;
  return undefined;
}
