/**
 * Corrupts each field of each record header of the recorded streams, and of PAGE_DATA, with the rest of the
 * stream after it.
 */
import { describe, expect, it } from 'vitest';
import { PERMISSION_TO_GO } from '../handshake/messages.js';
import { hasPageData, MAX_RECORD_BODY, type PagesEvent, type PushEvent } from '../index.js';
import { decodeAll, fixture, isMigration, thinned } from '../streams.test-support.js';
import { expectAccepted, expectRefusal, walk, withNumber } from '../walk.test-support.js';

const MAX = 2 ** 32 - 1;
type RecordEvent = PushEvent & { kind: 'record' | 'pages' };

function typeOf(event: RecordEvent): string {
  return event.kind === 'pages' ? 'PAGE_DATA' : event.record.type;
}

describe.each(thinned)('%s', (name) => {
  const whole = fixture(name);
  const octets = isMigration(name) ? whole.subarray(0, -PERMISSION_TO_GO.length) : whole;
  const { events } = decodeAll(octets);
  const records = events.filter((event) => event.kind === 'record' || event.kind === 'pages');
  const pages = events.filter((event): event is PagesEvent & { layer: 'libxc' } => event.kind === 'pages');

  it('a type that is not known is refused at the record header', () => {
    for (const { offset, layer } of records) {
      const unknown = layer === 'libxl' ? [6, 7, 0xff, 2 ** 31 - 1] : [0x13, 0xff, 0x01000000, 2 ** 31 - 1];
      for (const type of unknown) {
        const corrupt = withNumber(octets, offset, type);
        expectRefusal(corrupt, { code: 'unknown-mandatory-record', at: offset, given: offset + 8 });
      }
    }
  });

  it('a type with bit 31 is passed over, and its content missed where it counts', () => {
    for (const { offset, layer } of records) {
      const type = new DataView(octets.buffer).getUint32(octets.byteOffset + offset, true);
      for (const optional of [(type | (2 ** 31)) >>> 0, 2 ** 31, MAX]) {
        const { events: got } = walk(withNumber(octets, offset, optional));
        const event = got.find((each) => each.kind === 'record' && each.offset === offset);
        expect(event).toMatchObject({ layer, record: { type: 'optional', typeId: optional } });
      }
    }
  });

  it('a length above 128 MiB is refused at the record header, before the body is wanted', () => {
    for (const { offset } of records) {
      for (const length of [MAX_RECORD_BODY + 1, 2 ** 28, 2 ** 31, MAX - 7, MAX]) {
        const corrupt = withNumber(octets, offset + 4, length);
        expectRefusal(corrupt, { code: 'record-too-long', at: offset, given: offset + 8 });
        expect(walk(corrupt).mostWanted).toBeLessThan(2 ** 20);
      }
    }
  });

  it('another length is refused, or reported; but where the body may have any', () => {
    const free = new Set(['HVM_CONTEXT', 'X86_PV_VCPU_EXTENDED', 'X86_PV_VCPU_XSAVE']);
    let tried = 0;
    for (const event of records) {
      const { offset, length } = event;
      for (const other of [0, 1, 7, 8, length - 8, length - 1, length + 1, length + 8, MAX_RECORD_BODY]) {
        if (other < 0 || other === length) continue;
        const corrupt = withNumber(octets, offset + 4, other);
        const { error, given } = walk(corrupt);
        tried++;
        const sameFrame = Math.ceil(other / 8) === Math.ceil(length / 8);
        if (free.has(typeOf(event)) && sameFrame) {
          expectAccepted(corrupt);
          continue;
        }
        if (error === undefined) {
          // The octets cut off by the length form an END, whose body stock ignores: at least a report.
          const { deviations } = walk(corrupt, { strictness: 'verify' });
          expect(deviations.map(({ severity }) => severity)).toContain('wrong');
        } else if (!['truncated', 'octets-after-end'].includes(error.code)) {
          // The refusal comes in this record, or in one that its length created, not at the end of the
          // stream.
          expect(given).toBeLessThan(octets.length);
        }
      }
    }
    expect(tried).toBeGreaterThan(80);
  });

  it('a count of pfns that the body cannot hold is refused before the pfns are wanted', () => {
    for (const { offset, length, count } of pages) {
      const fits = (length - 8) / 8;
      for (const other of [0, Math.floor(fits) + 1, 2 ** 28, 2 ** 29, 2 ** 31, 2 ** 31 + count, MAX]) {
        const corrupt = withNumber(octets, offset + 8, other);
        expectRefusal(corrupt, { code: 'bad-count', at: offset, given: offset + 16 });
      }
      // The body could hold these counts, but then not the pages.
      for (const other of [count - 1, count + 1, Math.floor(fits)]) {
        if (other === 0 || other === count || other > fits) continue;
        const { error, given } = walk(withNumber(octets, offset + 8, other));
        expect(['bad-length', 'bad-page-type', 'bad-value']).toContain(error?.code);
        expect(given).toBe(offset + 16 + other * 8);
      }
    }
  });

  it('a page type that is reserved, or has pages where there are none, is refused before a page is taken', () => {
    let tried = 0;
    for (const { offset, count, pfns, types } of pages) {
      for (let i = 0; i < count; i++) {
        const high = offset + 16 + i * 8 + 4;
        const given = offset + 16 + count * 8;
        const top = Math.floor(pfns[i]! / 2 ** 32);
        for (let type = 0; type < 16; type++) {
          const corrupt = withNumber(octets, high, ((type << 28) | top) >>> 0);
          tried++;
          if (type >= 5 && type <= 8) {
            expectRefusal(corrupt, { code: 'bad-page-type', at: offset, given });
          } else if (hasPageData(type) !== hasPageData(types[i]!)) {
            expectRefusal(corrupt, { code: 'bad-length', at: offset, given });
          } else {
            expectAccepted(corrupt);
          }
        }
      }
    }
    expect(tried).toBeGreaterThanOrEqual(16 * 4);
  });

  it('reserved fields of PAGE_DATA are kept and reported', () => {
    for (const { offset } of pages) {
      for (const at of [offset + 12, offset + 15, offset + 22]) {
        const codes = expectAccepted(withNumber(octets, at, 0x10, { width: 1 })).map(({ code }) => code);
        expect(codes).toContain('reserved-not-zero');
      }
    }
  });

  it('a pfn of 52 bits is refused beyond the p2m of a PV guest, else left to the memory', () => {
    for (const { offset, count, types } of pages) {
      const type = types[0]! * 2 ** 28;
      for (const high of [0xfffff, 1]) {
        const corrupt = withNumber(octets, offset + 20, (type + high) >>> 0);
        const given = offset + 16 + count * 8;
        if (name === 'pv-save.bin') expectRefusal(corrupt, { code: 'bad-value', at: offset, given });
        else expectAccepted(corrupt);
      }
    }
  });
});
