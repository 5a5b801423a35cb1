/** Checks what holds for any trace, cut anywhere, damaged anywhere. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeTraceRecord, TraceDecoder, type TraceEnd, type TraceRecord } from './index.js';
import { anyTrace, SEED } from './trace.test-support.js';

function read(octets: Uint8Array, sizes: readonly number[] = [octets.length || 1]) {
  const decoder = new TraceDecoder();
  const records: TraceRecord[] = [];
  for (let at = 0, i = 0; at < octets.length; i++) {
    const to = at + sizes[i % sizes.length]!;
    // A reused buffer, as readers have it.
    const chunk = octets.slice(at, to);
    records.push(...decoder.push(chunk));
    chunk.fill(0xff);
    at = to;
  }
  return { records, end: decoder.end() };
}

const joined = (pieces: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(pieces));
const WHOLE: TraceEnd = { kind: 'whole' };

test('any records come back, in chunks of any size', () => {
  fc.assert(
    fc.property(
      anyTrace,
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      (records, sizes) => {
        const octets = joined(records.map(encodeTraceRecord));
        expect(read(octets)).toEqual({ records, end: WHOLE });
        expect(read(octets, sizes)).toEqual({ records, end: WHOLE });
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

test('cut at any octet, a trace has exactly the whole records before, and says so', () => {
  fc.assert(
    fc.property(anyTrace, (records) => {
      const pieces = records.map(encodeTraceRecord);
      const octets = joined(pieces);
      for (let cut = 0; cut < octets.length; cut++) {
        let whole = 0;
        let offset = 0;
        while (offset + pieces[whole]!.length <= cut) offset += pieces[whole++]!.length;
        const { records: found, end } = read(octets.subarray(0, cut));
        expect(found).toEqual(records.slice(0, whole));
        const clean = offset === cut && whole > 0;
        expect(end).toEqual(clean ? WHOLE : { kind: 'torn', offset, octets: cut - offset });
      }
    }),
    { seed: SEED, numRuns: 25 },
  );
});

test('damaged octets give the records before, and an end; never anything else', () => {
  const ends = { whole: 0, torn: 0, damaged: 0 };
  const edit = fc.record({ at: fc.nat(), octet: fc.nat(255) });
  fc.assert(
    fc.property(anyTrace, fc.array(edit, { minLength: 1, maxLength: 4 }), (records, edits) => {
      const pieces = records.map(encodeTraceRecord);
      const octets = joined(pieces);
      for (const { at, octet } of edits) octets[at % octets.length] = octet;
      const first = Math.min(...edits.map(({ at }) => at % octets.length));
      let whole = 0;
      for (let offset = 0; whole < pieces.length; whole++) {
        offset += pieces[whole]!.length;
        if (offset > first) break;
      }
      const { records: found, end } = read(octets);
      expect(found.slice(0, whole)).toEqual(records.slice(0, whole));
      ends[end.kind]++;
      if (end.kind === 'damaged') expect(end.fault.message).not.toBe('');
    }),
    { seed: SEED, numRuns: 3000 },
  );
  expect(Math.min(ends.whole, ends.torn, ends.damaged)).toBeGreaterThan(50);
});

test('octets that were never a trace are none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const { records, end } = read(octets);
      expect(records).toEqual([]);
      expect(end.kind).not.toBe('whole');
    }),
    { seed: SEED, numRuns: 1000 },
  );
});
