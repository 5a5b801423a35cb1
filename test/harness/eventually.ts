import { setTimeout } from 'node:timers/promises';

/** Milliseconds between two looks, and until it gives up: far more than a loaded machine needs. */
const POLL = 10;
const DEADLINE = 20_000;

/**
 * Looks again and again until there is something to see.
 * @param what completes "waited in vain for ..."; a function if it includes what was seen
 */
export async function eventually<T>(
  what: string | (() => string),
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + DEADLINE;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) {
      throw new Error(`waited in vain for ${typeof what === 'string' ? what : what()}`);
    }
    await setTimeout(POLL);
  }
}
