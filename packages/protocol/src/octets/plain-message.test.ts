import fc from 'fast-check';
import { addExtension, Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { isPlainMessage, type MessageLimits } from '../index.js';

const packr = new Packr({ useRecords: false });
const limits: MessageLimits = { depth: 3, values: 100, text: 50 };
const plain = (value: unknown, changes: Partial<MessageLimits> = {}) =>
  isPlainMessage(packr.pack(value), { ...limits, ...changes });

/** Nests `depth` lists. */
const lists = (depth: number): unknown => (depth === 0 ? [] : [lists(depth - 1)]);

describe('a message is looked through for', () => {
  it('its depth', () => {
    expect([plain(lists(3)), plain(lists(4))]).toEqual([true, false]);
    expect([plain({ a: { b: [1] } }), plain({ a: { b: [[1]] } })]).toEqual([true, false]);
  });

  it('how many values it has, names among them', () => {
    expect([plain(new Array(99).fill(0)), plain(new Array(100).fill(0))]).toEqual([true, false]);
    const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, i]));
    expect([plain(pairs(49), { text: 1000 }), plain(pairs(50), { text: 1000 })]).toEqual([true, false]);
    // One octet each on the wire, one JavaScript object each in memory.
    const maps = Buffer.concat([Buffer.from('dd01000000', 'hex'), Buffer.alloc(2 ** 24, 0x80)]);
    expect(isPlainMessage(maps, { ...limits, values: 2 ** 24 + 1 })).toBe(true);
    expect(isPlainMessage(maps, limits)).toBe(false);
  });

  it('how much text it has in all, names among it; octets are as many as there are', () => {
    expect([plain(['x'.repeat(25), 'x'.repeat(25)]), plain(['x'.repeat(25), 'x'.repeat(26)])]).toEqual([
      true,
      false,
    ]);
    expect([plain({ ['x'.repeat(50)]: 1 }), plain({ ['x'.repeat(51)]: 1 })]).toEqual([true, false]);
    for (const length of [200, 60_000, 100_000]) expect(plain('x'.repeat(length))).toBe(false);
    for (const length of [200, 60_000, 100_000]) expect(plain(new Uint8Array(length))).toBe(true);
  });

  it('counts that its octets cannot hold, and for what comes after it', () => {
    for (const octets of ['dd7fffffff', 'dfffffffff8080', 'c6ffffffff00', 'd9ff61', 'c100', '8001', '']) {
      expect(isPlainMessage(Buffer.from(octets, 'hex'), { ...limits, values: Infinity })).toBe(false);
    }
  });

  it('extensions, which stand for objects of the language', () => {
    class Odd {
      readonly odd = true;
    }
    addExtension({ Class: Odd, type: 77, pack: () => Buffer.from('x'), unpack: () => new Odd() });
    expect([plain(new Odd()), plain(new Date()), plain([undefined])]).toEqual([false, false, false]);
  });
});

it('within its limits anything of plain values is plain, and cut anywhere it is not', () => {
  const wide = { depth: 20, values: 10_000, text: 100_000 };
  const value = fc.jsonValue({ maxDepth: 6 });
  fc.assert(
    fc.property(value, fc.nat(), (any, cut) => {
      const octets = packr.pack(any);
      expect(isPlainMessage(octets, wide)).toBe(true);
      expect(isPlainMessage(octets.subarray(0, cut % octets.length), wide)).toBe(false);
    }),
  );
});
