import { expect, test } from 'vitest';
import { deadlineIn } from './deadline.js';

const noon = new Date(2026, 11, 1, 12, 0).getTime();
const HOUR = 3600 * 1000;

test.each([
  ['12:01', noon + HOUR / 60],
  ['12:00', noon + 24 * HOUR],
  ['4:30', noon + 16.5 * HOUR],
  ['2026-12-24T04:30Z', Date.UTC(2026, 11, 24, 4, 30)],
])('%s', (text, expected) => expect(deadlineIn(text, noon)).toBe(expected));

test.each(['', '24:00', '12:60', '12', '2026-12-24', '2026-13-24T04:30Z', 'tomorrow'])('%j is none', (text) =>
  expect(() => deadlineIn(text, noon)).toThrow(
    expect.objectContaining({ message: expect.stringContaining(`not '${text}'`) as string }) as Error,
  ),
);
