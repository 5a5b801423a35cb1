import { setTimeout } from 'node:timers/promises';

/** Milliseconds between two looks. */
const POLL = 10;
/** Milliseconds until it gives up: as long as a test may take, but for the time to say what was missing. */
const DEADLINE = 150_000;

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
