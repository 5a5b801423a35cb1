import { expect, test } from 'vitest';
import { StartWait } from './start-wait.js';

/** Feeds a first pass of portions of `pages` pages that take the given times. */
function after(portions: readonly number[], pages: number, iteration = 0): number | undefined {
  let now = 0;
  const wait = new StartWait(() => now);
  wait.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration, dirtyPages: 1e6 } });
  portions.forEach((took, i) => {
    now += took;
    const pass = { iteration, dirtyPages: 1e6, pagesDone: (i + 1) * pages };
    wait.onEvent({ kind: 'pass-progress', pass });
  });
  return wait.milliseconds;
}

test.each([
  ['one portion waits for the target', [10, 10, 160, 10, 10, 10, 10, 10], 30, 0, 150],
  ['the first does', [335, 835, 335, 335, 335, 335, 335, 335], 1024, 0, 500],
  ['none does', [10, 10, 10, 10, 10, 10, 10, 10], 30, 0, 0],
  ['too few to tell', [10, 10, 160], 30, 0, undefined],
  ['later it is something else', [10, 10, 10, 10, 10, 10, 10, 300], 1024, 0, 0],
  ['of another pass', [10, 10, 160, 10, 10, 10, 10, 10], 30, 1, undefined],
] as const)('%s', (_, portions, pages, iteration, expected) => {
  const waited = after(portions, pages, iteration);
  if (expected === undefined) expect(waited).toBeUndefined();
  else expect(waited).toBeCloseTo(expected);
});
