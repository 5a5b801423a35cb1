import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageType } from '@mig/protocol';
import { SEED } from './fake-control.test-support.js';
import { BATCH, SUPERPAGE } from './frames.js';
import { Populator, type PopulatingControl } from './populator.js';

/** A fake Xen that records what it gave, and has a limited number of 2 MiB pieces. */
class Giver implements PopulatingControl {
  readonly given: number[] = [];
  readonly superpages: number[] = [];
  readonly calls: string[] = [];

  constructor(private pieces = Infinity) {}

  populate(_: number, frames: Uint32Array, count: number): void {
    this.calls.push(`pages ${count}`);
    this.given.push(...framesIn(frames, count));
  }

  populateSuperpages(_: number, frames: Uint32Array, count: number): number {
    this.calls.push(`superpages ${count}`);
    const firsts = framesIn(frames, Math.min(count, this.pieces));
    this.pieces -= firsts.length;
    this.superpages.push(...firsts);
    this.given.push(...firsts.flatMap((first) => range(first, SUPERPAGE)));
    return firsts.length;
  }
}

const framesIn = (words: Uint32Array, count: number) =>
  Array.from({ length: count }, (_, i) => words[i * 2]! + words[i * 2 + 1]! * 2 ** 32);
const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const ascending = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

/** A record: pfns, and which of them are holes. */
interface Sent {
  readonly pfns: readonly number[];
  readonly holes?: readonly number[];
}

function arrive(giver: Giver, ...records: Sent[]): Giver {
  const populator = new Populator(giver, 7);
  for (const { pfns, holes = [] } of records) {
    const types = Uint8Array.from(pfns, (pfn) => (holes.includes(pfn) ? PageType.XTAB : PageType.NOTAB));
    populator.populate(Float64Array.from(pfns), types, pfns.length);
  }
  return giver;
}

describe('2 MiB in one piece', () => {
  test('is what an aligned range is of which one record has all, in one call a record', () => {
    const { superpages, calls } = arrive(new Giver(), { pfns: range(0, 1024) }, { pfns: range(1024, 1024) });
    expect(superpages).toEqual([0, 512, 1024, 1536]);
    expect(calls).toEqual(['superpages 2', 'superpages 2']);
  });

  test('is what pages above 16 TiB are, too', () => {
    const far = 2 ** 33 + 512;
    expect(arrive(new Giver(), { pfns: range(far, 512) }).superpages).toEqual([far]);
  });

  test.each<[string, ...Sent[]]>([
    ['with a hole', { pfns: range(0, 512), holes: [17] }],
    ['whose first page is a hole', { pfns: range(0, 512), holes: [0] }],
    ['whose last page is a hole', { pfns: range(0, 512), holes: [511] }],
    ['that is not aligned', { pfns: range(1, 512) }],
    ['of which a page is there already', { pfns: [17] }, { pfns: range(0, 512) }],
    ['whose pages come in two records', { pfns: range(0, 300) }, { pfns: range(300, 212) }],
    ['whose pages do not come in order', { pfns: range(0, 512).reverse() }],
  ])('is not a range %s', (_, ...records) => {
    const { superpages, given, calls } = arrive(new Giver(), ...records);
    expect(superpages).toEqual([]);
    expect(calls).not.toContain('superpages 1');
    const there = records.flatMap(({ pfns, holes = [] }) => pfns.filter((pfn) => !holes.includes(pfn)));
    expect(ascending(given)).toEqual(ascending(new Set(there)));
  });

  test('is asked for before single pages, which are all others', () => {
    const { superpages, given, calls } = arrive(new Giver(), { pfns: range(256, 1024), holes: [300, 1100] });
    expect(superpages).toEqual([512]);
    expect(calls).toEqual(['superpages 1', 'pages 510']);
    expect(ascending(given)).toEqual(range(256, 1024).filter((pfn) => pfn !== 300 && pfn !== 1100));
  });

  test.each([0, 1])('where Xen has only %i of them: single pages', (pieces) => {
    const { superpages, given, calls } = arrive(new Giver(pieces), { pfns: range(0, 1024) });
    expect(superpages).toEqual(range(0, pieces));
    expect(calls).toEqual(['superpages 2', `pages ${1024 - pieces * SUPERPAGE}`]);
    expect(ascending(given)).toEqual(range(0, 1024));
  });
});

test('a record of more pages than Xen takes at a time is taken in parts', () => {
  const { calls, given } = arrive(new Giver(), { pfns: range(0, 2 * BATCH + 100) });
  expect(calls).toEqual(['superpages 2', 'superpages 2', 'pages 100']);
  expect(given).toEqual(range(0, 2 * BATCH + 100));
});

test('a GiB is 256 calls, as with single pages', () => {
  const records = range(0, 256).map((i) => ({ pfns: range(i * BATCH, BATCH) }));
  expect(arrive(new Giver(), ...records).calls).toHaveLength(256);
  // Twice as many calls if Xen has no piece left.
  expect(arrive(new Giver(0), ...records).calls).toHaveLength(512);
});

test('whatever arrives, a page is given once, and 2 MiB where a record has them and nothing was there', () => {
  /** Runs of pages within 6 superpages, ascending as in a pass, with some holes. */
  const record = fc
    .record({
      first: fc.nat(5 * SUPERPAGE),
      count: fc.oneof(fc.constantFrom(1, SUPERPAGE, BATCH), fc.integer({ min: 1, max: BATCH })),
      aligned: fc.boolean(),
      holes: fc.array(fc.nat(6 * SUPERPAGE), { maxLength: 3 }),
    })
    .map(({ first, count, aligned, holes }) => ({
      pfns: range(aligned ? first - (first % SUPERPAGE) : first, count),
      holes,
    }));
  let superpages = 0;
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 6 }),
      fc.option(fc.nat(4), { nil: Infinity }),
      (records, pieces) => {
        const there = new Set<number>();
        const expected: number[] = [];
        for (const { pfns, holes } of records) {
          const fresh = new Set(pfns.filter((pfn) => !holes.includes(pfn) && !there.has(pfn)));
          for (const pfn of fresh) {
            const whole = pfn % SUPERPAGE === 0 && range(pfn, SUPERPAGE).every((each) => fresh.has(each));
            if (whole && expected.length < pieces) expected.push(pfn);
            there.add(pfn);
          }
        }
        const { superpages: got, given } = arrive(new Giver(pieces), ...records);
        expect(got).toEqual(expected);
        expect(ascending(given)).toEqual(ascending(there));
        superpages += got.length;
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
  expect(superpages).toBeGreaterThan(50);
});
