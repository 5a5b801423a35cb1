/** Corrupts each field of each header of the recorded streams, with the rest of the stream after it. */
import { describe, expect, it } from 'vitest';
import { MAX_OPTIONAL_DATA } from '../limits.js';
import { PERMISSION_TO_GO } from '../handshake/messages.js';
import { decodeAll, fixture, isMigration, thinned } from '../streams.test-support.js';
import { expectAccepted, expectRefusal, walk, withNumber } from '../walk.test-support.js';

const MAX = 2 ** 32 - 1;
type Header = 'xl-header' | 'libxl-header' | 'image-header' | 'domain-header';

interface Field {
  readonly header: Header;
  readonly field: string;
  readonly offset: number;
  readonly width?: 1 | 2 | 4;
  readonly little?: boolean;
  readonly values: readonly number[];
  /** The code of the refusal, or else the code of the report; without either, nothing is found. */
  readonly refused?: string;
  readonly reported?: string;
  /** Offset that the error tells, from the start of the header. */
  readonly at?: number;
  /**
   * Octets of the stream, from the header's start, within which it must be refused; `whole`: all of the xl
   * header.
   */
  readonly within?: number | 'whole';
}

/** Lists every octet of a constant, changed. */
function constant(header: Header, field: string, offset: number, length: number, at: number): Field[] {
  return Array.from({ length }, (_, i) => ({
    ...{ header, field: `${field}[${i}]`, offset: offset + i, width: 1, at, refused: 'bad-magic' },
    values: [0x01, 0x80],
  }));
}

const xl = { header: 'xl-header', within: 48 } as const;
const libxl = { header: 'libxl-header', little: false } as const;
const image = { header: 'image-header', little: false } as const;
const domain = { header: 'domain-header' } as const;

const fields: readonly Field[] = [
  ...constant('xl-header', 'magic', 0, 32, 0),
  { ...xl, field: 'byteorder', offset: 32, values: [0, 1, MAX], refused: 'unsupported-byte-order', at: 32 },
  // Big-endian: its flags make no sense then.
  { ...xl, field: 'byteorder', offset: 32, values: [0x04030201], refused: 'unsupported-version', at: 36 },
  {
    ...{ ...xl, field: 'mandatory_flags', offset: 36, refused: 'unsupported-version', at: 36 },
    values: [0, 1, 4, 7, 2 ** 31, MAX],
  },
  { ...xl, field: 'optional_flags', offset: 40, values: [1, 2 ** 30, 2 ** 31 - 1], reported: 'bad-value' },
  {
    ...{ ...xl, field: 'optional_data_len', offset: 44, refused: 'record-too-long', at: 44 },
    values: [MAX_OPTIONAL_DATA + 1, 2 ** 31, MAX],
  },
  {
    ...{ ...xl, field: 'optional_data_len', offset: 44, values: [1, 2, 3], refused: 'bad-length', at: 48 },
    within: 51,
  },
  {
    ...{ ...xl, field: 'config_len', offset: 48, values: [2 ** 20, 2 ** 31, MAX], refused: 'bad-length' },
    ...{ at: 48, within: 'whole' },
  },

  ...constant('libxl-header', 'ident', 0, 8, 0),
  { ...libxl, field: 'version', offset: 8, values: [0, 1, 3, MAX], refused: 'unsupported-version', at: 8 },
  { ...libxl, field: 'options', offset: 12, values: [1, 3], refused: 'unsupported-byte-order' },
  { ...libxl, field: 'options', offset: 12, values: [2] },
  { ...libxl, field: 'options', offset: 12, values: [4, 2 ** 31, MAX - 1], reported: 'reserved-not-zero' },

  ...constant('image-header', 'marker', 0, 8, 0),
  ...constant('image-header', 'id', 8, 4, 8),
  {
    ...{ ...image, field: 'version', offset: 12, refused: 'unsupported-version', at: 12 },
    values: [0, 1, 4, 2 ** 31, MAX],
  },
  // Version 2 has no STATIC_DATA_END, and no policy.
  { ...image, field: 'version', offset: 12, values: [2], reported: 'out-of-order' },
  {
    ...image,
    field: 'options',
    offset: 16,
    width: 2,
    values: [1, 0xffff],
    refused: 'unsupported-byte-order',
  },
  { ...image, field: 'options', offset: 16, width: 2, values: [2, 0x8000], reported: 'reserved-not-zero' },
  ...([18, 20, 22].map((offset) => ({
    ...{ ...image, field: 'reserved', offset, width: 2, values: [1, 0xffff], reported: 'reserved-not-zero' },
  })) as Field[]),

  { ...domain, field: 'type', offset: 0, values: [0, 3, 0x02000000, 2 ** 31, MAX], refused: 'bad-value' },
  {
    ...domain,
    field: 'page_shift',
    offset: 4,
    width: 2,
    values: [0, 11, 13, 0xffff],
    refused: 'bad-value',
    at: 4,
  },
  { ...domain, field: 'reserved', offset: 6, width: 2, values: [1, 0xffff], reported: 'reserved-not-zero' },
  { ...domain, field: 'xen_major', offset: 8, values: [0, MAX] },
  { ...domain, field: 'xen_minor', offset: 12, values: [0, MAX] },
];

const lengths = { 'xl-header': 48, 'libxl-header': 16, 'image-header': 24, 'domain-header': 16 };

describe.each(thinned)('%s', (name) => {
  const whole = fixture(name);
  const octets = isMigration(name) ? whole.subarray(0, -PERMISSION_TO_GO.length) : whole;
  const { events } = decodeAll(octets);
  const clean = new Set(expectAccepted(octets).map(({ code }) => code));

  it.each(fields)('$header, $field: $values', ({ header, offset, values, refused, reported, ...field }) => {
    const start = events.find(({ kind }) => kind === header)!.offset;
    for (const value of values) {
      const corrupt = withNumber(octets, start + offset, value, field);
      if (refused !== undefined) {
        const whole = 48 + new DataView(octets.buffer).getUint32(octets.byteOffset + 44, true);
        const within = field.within === 'whole' ? whole : field.within;
        const given = start + (within ?? lengths[header]);
        expectRefusal(corrupt, { code: refused, at: start + (field.at ?? 0), given });
        continue;
      }
      const codes = new Set(expectAccepted(corrupt).map(({ code }) => code));
      expect(codes).toEqual(new Set([...clean, ...(reported === undefined ? [] : [reported])]));
    }
  });

  it('as of the other kind of guest is refused at the first record that says so', () => {
    const start = events.find(({ kind }) => kind === 'domain-header')!.offset;
    const other = withNumber(octets, start, name === 'pv-save.bin' ? 2 : 1);
    const { error, given } = walk(other);
    expect(['unknown-mandatory-record', 'out-of-order']).toContain(error?.code);
    expect(given).toBe(error!.offset + 8);
  });
});

it('a configuration that does not fit is reported, not thrown, when verifying', () => {
  const octets = withNumber(fixture('pvh-save.bin'), 48, 2 ** 31);
  const { error, deviations } = walk(octets, { strictness: 'verify' });
  expect(error).toBeUndefined();
  expect(deviations.map(({ code, field }) => `${code} ${field}`)).toContain('bad-length config_len');
});
