import { expect, test } from 'vitest';
import { atATime } from './at-a-time.js';

test('all items are worked on, in order, and no more at a time than said', async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const all = atATime(2, ['a', 'b', 'c'], async (item) => {
    begun.push(item);
    await new Promise<void>((resolve) => ends.push(resolve));
  });
  expect(begun).toEqual(['a', 'b']);
  ends[1]!();
  await new Promise(setImmediate);
  expect(begun.at(-1)).toEqual('c');
  for (const end of ends) end();
  await all;
  expect(begun).toHaveLength(3);
});
