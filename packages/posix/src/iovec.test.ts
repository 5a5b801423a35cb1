import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Iovec } from './iovec.js';

/** Returns the entries as [address, length]. */
function entries(iovec: Iovec): number[][] {
  const words = [...iovec.remaining()];
  const list: number[][] = [];
  for (let at = 0; at < words.length; at += 4) {
    list.push([words[at]! + words[at + 1]! * 2 ** 32, words[at + 2]! + words[at + 3]! * 2 ** 32]);
  }
  return list;
}

function filled(capacity: number, ranges: number[][]): Iovec {
  const iovec = new Iovec(capacity);
  iovec.clear();
  for (const [address, length] of ranges) iovec.push(address!, length!);
  return iovec;
}

test('neighbours become one entry, across the 32-bit boundary of addresses and lengths too', () => {
  const page = 4096;
  const iovec = filled(2, [
    [0xffff_f000, page],
    [0x1_0000_0000, page],
    [0x7000_0000_0000, 0xffff_f000],
    [0x7000_ffff_f000, page],
  ]);
  expect(entries(iovec)).toEqual([
    [0xffff_f000, 2 * page],
    [0x7000_0000_0000, 0x1_0000_0000],
  ]);
  expect(iovec.octets).toBe(2 * page + 0x1_0000_0000);
});

test('a range more than it holds is refused', () => {
  expect(() => filled(1, [[0, 1], [2, 1]])).toThrow(RangeError); // prettier-ignore
});

test('cleared, it starts anew: a range at the old end is an entry of its own', () => {
  const iovec = filled(1, [[4096, 4096]]);
  iovec.clear();
  iovec.push(8192, 4096);
  expect(entries(iovec)).toEqual([[8192, 4096]]);
});

test('what a system call moved is dropped from the front, whatever the amounts', () => {
  const ranges = fc.array(fc.tuple(fc.nat(0xffff_ffff), fc.integer({ min: 1, max: 9000 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(ranges, fc.array(fc.nat(12000)), (list, moves) => {
      const iovec = filled(list.length, list);
      const octetsOf = (from: Iovec) =>
        entries(from).flatMap(([a, n]) => Array.from({ length: n! }, (_, i) => a! + i));
      let expected = octetsOf(iovec);
      for (const move of moves) {
        const moved = Math.min(move, iovec.octets);
        iovec.take(moved);
        expected = expected.slice(moved);
        expect(iovec.octets).toBe(expected.length);
      }
      expect(octetsOf(iovec)).toEqual(expected);
    }),
    { seed: 1, numRuns: 50 },
  );
});
