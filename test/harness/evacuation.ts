/** Guests and waits of the tests that empty a host. */
import type { Fleet } from './fleet.js';
import type { Event, Program } from './program.js';

export const idle = { kernel: 'idle', memory: 1, cmdline: '' };
/** A guest whose move can be held. */
export const large = { memory: 16, cmdline: 'pages=500 rate=50 pattern=random' };

export async function create(fleet: Fleet, guest: object, ...names: string[]): Promise<void> {
  for (const name of names) await fleet.source.create({ ...guest, name });
}

/** Waits until a domain is in a state. */
export function until(program: Program, domain: string, state: string): Promise<Event> {
  return program.untilEvent(
    `${domain} is ${state}`,
    (event) => event['domain'] === domain && event['state'] === state,
  );
}

/** Returns the last event that a program has told. */
export function last(program: Program): Event {
  return program.events().at(-1)!;
}
