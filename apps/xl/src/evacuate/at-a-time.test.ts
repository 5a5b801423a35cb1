import { expect, test } from 'vitest';
import { atATime } from './at-a-time.js';

test('all items are worked on, in order, and no more at a time than said', async () => {
  const begun: [item: string, at: number][] = [];
  const ends: (() => void)[] = [];
  const all = atATime(2, ['a', 'b', 'c'], async (item, at) => {
    begun.push([item, at]);
    await new Promise<void>((resolve) => ends.push(resolve));
  });
  expect(begun).toEqual([
    ['a', 0],
    ['b', 1],
  ]);
  ends[1]!();
  await new Promise(setImmediate);
  expect(begun.at(-1)).toEqual(['c', 2]);
  for (const end of ends) end();
  await all;
  expect(begun).toHaveLength(3);
});
