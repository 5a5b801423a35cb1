import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { expectDocumented } from '../../protocol/src/documents.test-support.js';
import {
  encodeTraceRecord,
  type KnownTraceRecord,
  MAX_TRACE_RECORD,
  TRACE_MAGIC,
  TraceDecoder,
  type TraceHeader,
  traceKinds,
} from './index.js';

const header: TraceHeader = {
  type: 'header',
  at: 0,
  magic: TRACE_MAGIC,
  version: 1,
  date: 1764126000000,
  writer: '0.0.0',
  hypervisor: 'embedded',
  host: 'a',
  target: 'b',
  domain: 'busy',
  domid: 1,
  uuid: 'c',
  pageCount: 4096,
  settings: { 'max-downtime': 300, debug: false },
};

const framed = (...value: unknown[]): Uint8Array => {
  const body = new Packr({ useRecords: false }).pack(value);
  const octets = Buffer.alloc(4 + body.length);
  octets.writeUInt32BE(body.length);
  octets.set(body, 4);
  return octets;
};

function afterHeader(...octets: Uint8Array[]) {
  const decoder = new TraceDecoder();
  decoder.push(encodeTraceRecord(header));
  const records = octets.flatMap((each) => decoder.push(each));
  return { records, end: decoder.end() };
}

test('the octets of a record are these', () => {
  const pass = {
    kind: 'stop-and-copy',
    iteration: 5,
    dirtyPages: 40,
    sentPages: 40,
    octets: 164000,
  } as const;
  const zeros = {
    zeroPages: undefined,
    octetsSaved: undefined,
    compressedPages: undefined,
    octetsSavedByCompression: undefined,
    compressionLevel: undefined,
  };
  const record: KnownTraceRecord = { type: 'pass', at: 1.5, ...pass, milliseconds: 12, ...zeros };
  expect(Buffer.from(encodeTraceRecord(record)).toString('hex')).toBe(
    // length; array of 13; number 3; at 1.5; kind 2; 5; 40; 40; 164000; 12; nil five times
    '0000001a' +
      '9d' +
      '03' +
      'cb3ff8000000000000' +
      '02' +
      '05' +
      '28' +
      '28' +
      'ce000280a0' +
      '0c' +
      'c0c0c0c0c0',
  );
});

test('a consultation takes some 50 octets', () => {
  const octets = encodeTraceRecord({
    type: 'consulted',
    at: 1234.567,
    point: 'between-batches',
    iteration: 3,
    totalWritten: 1_000_000,
    dirtyCount: undefined,
    elapsedMilliseconds: 1230.25,
    sendRate: 250_000,
    dirtyRate: 12_000,
    estimatedDowntime: undefined,
    decision: 'continue-precopy',
    code: undefined,
    sentence: undefined,
    lineRate: 250_000,
    leastDowntime: undefined,
  });
  expect(octets.length).toBeLessThan(55);
});

describe('a later version of mig', () => {
  test('may have records of other kinds, which are passed over by name', () => {
    expect(afterHeader(framed(77, 5, 'new'))).toEqual({
      records: [{ type: 'unknown', at: 5, number: 77 }],
      end: { kind: 'whole' },
    });
  });

  test('may have long lists in a record', () => {
    const { records, end } = afterHeader(framed(77, 5, Array<null>(4000).fill(null)));
    expect({ records, end }).toEqual({
      records: [{ type: 'unknown', at: 5, number: 77 }],
      end: { kind: 'whole' },
    });
  });

  test('may have more fields in a record', () => {
    expect(afterHeader(framed(1, 5, 'precopy', 'new')).records).toEqual([
      { type: 'state', at: 5, state: 'precopy' },
    ]);
  });

  test('of another format version is not read', () => {
    const decoder = new TraceDecoder();
    expect(decoder.push(encodeTraceRecord({ ...header, version: 2 }))).toEqual([]);
    expect(decoder.end()).toMatchObject({
      kind: 'damaged',
      fault: { code: 'unsupported-version', offset: 0 },
    });
  });
});

describe('what is no record is said, with where and why', () => {
  const offset = encodeTraceRecord(header).length;
  test.each([
    ['no array', Buffer.from('00000003' + 'a26162', 'hex'), 'malformed', 'it is not an array'],
    ['no number', framed('a', 5), 'malformed', 'it has no number'],
    ['no time', framed(7, 'a'), 'malformed', 'at is not a number'],
    ['a field of another kind', framed(1, 5, 7), 'malformed', 'state, state is not a text'],
    ['a field that is missing', framed(1, 5), 'malformed', 'state, state is not a text'],
    ['a word that is none', framed(2, 5, 9, 0, 0), 'malformed', 'kind is not one of precopy'],
    [
      'a word by the name of what every list has',
      framed(2, 5, 'length', 0, 0),
      'malformed',
      'kind is not one of',
    ],
    ['a word as a text', framed(2, 5, '0', 0, 0), 'malformed', 'kind is not one of precopy'],
    ['a word that lists have', framed(2, 5, 'length', 0, 0), 'malformed', 'kind is not one of precopy'],
    ['a word that is a list', framed(2, 5, [1], 0, 0), 'malformed', 'kind is not one of precopy'],
    ['a count below zero', framed(2, 5, 0, -1, 0), 'malformed', 'iteration is not a whole number'],
    ['a bitmap of other length', framed(5, 5, 0, 0, [0, 2, Buffer.alloc(4)]), 'malformed', 'bitmap is not'],
    [
      'an extension',
      Buffer.from('00000005' + '93' + '01' + '05' + 'd400', 'hex'),
      'malformed',
      'MessagePack',
    ],
    ['a huge array', Buffer.from('00000007' + '9201' + 'dd7fffffff', 'hex'), 'malformed', 'MessagePack'],
    [
      'a million values of a byte each',
      framed(7, 5, new Array(2 ** 20).fill({})),
      'malformed',
      'more of it than a record may hold',
    ],
    ['text beyond all texts', framed(1, 5, 'x'.repeat(2 ** 20 + 1)), 'malformed', 'more of it than'],
    ['deep nesting', Buffer.from('00000020' + '91'.repeat(31) + '01', 'hex'), 'malformed', 'MessagePack'],
    // 65 MiB of one-octet values, which fit into a record, became 3.5 GiB.
    [
      'more values than any record has',
      framed(77, 5, ...Array<null>(10_000).fill(null)),
      'malformed',
      'MessagePack',
    ],
    ['more lists than any record has', framed(77, 5, Array<[]>(10_000).fill([])), 'malformed', 'MessagePack'],
    ['no bytes', Buffer.from('00000000', 'hex'), 'record-too-long', 'a record of 0 bytes'],
    ['another header', encodeTraceRecord(header), 'malformed', 'a second header'],
  ])('%s', (_, octets, code, message) => {
    const { records, end } = afterHeader(octets);
    expect(records).toEqual([]);
    expect(end).toEqual({
      kind: 'damaged',
      fault: { code, offset, message: expect.stringContaining(message) as unknown },
    });
  });

  test.each([8.64e15 + 1, -8.64e15 - 1, 1e300])('a date that no calendar has: %s', (date) => {
    const decoder = new TraceDecoder();
    const { magic, version, writer, hypervisor, host, target, domain, domid, uuid, pageCount } = header;
    const rest = [writer, hypervisor, host, target, domain, domid, uuid, pageCount, []];
    expect(decoder.push(framed(0, 0, magic, version, date, ...rest))).toEqual([]);
    expect(decoder.fault).toMatchObject({ code: 'not-a-trace', message: 'header, date is not a date' });
  });

  test('a length is refused before anything is kept for it', () => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(MAX_TRACE_RECORD + 1);
    const { end } = afterHeader(length);
    expect(end).toMatchObject({ fault: { code: 'record-too-long', offset } });
  });

  test('nothing is read after that', () => {
    const decoder = new TraceDecoder();
    expect(decoder.push(framed(1, 5, 'precopy'))).toEqual([]);
    expect(decoder.fault).toMatchObject({ code: 'not-a-trace', offset: 0 });
    expect(decoder.push(encodeTraceRecord(header))).toEqual([]);
  });
});

test('a record that could not be read is not written', () => {
  const state = (value: unknown) => ({ type: 'state', at: 1, state: value }) as KnownTraceRecord;
  expect(() => encodeTraceRecord(state(5))).toThrow(/^state: state is not a text/);
  expect(() => encodeTraceRecord({ ...state('a'), at: NaN })).toThrow(RangeError);
  expect(() => encodeTraceRecord(state('a'.repeat(2 ** 20 + 1)))).toThrow(/a state of \d+ bytes/);
  const rest = { reason: undefined, state: undefined, outcome: undefined, stoppedBy: undefined };
  const advice = Array<string>(10_000).fill('a');
  const failed = { type: 'failed', at: 1, message: 'a', advice, exitStatus: 1, ...rest } as const;
  expect(() => encodeTraceRecord(failed)).toThrow(/a failed of \d+ bytes is more than a record may hold/);
});

test('docs/formats.md has the records and their fields', () => {
  const lines = Object.entries(traceKinds).map(([name, { number, what, fields }]) => {
    const named = Object.entries(fields as Record<string, { kind: string }>);
    const list = named.map(([field, { kind }]) => `\`${field}\` (${kind})`).join('; ');
    return `| ${number} | ${name} | ${what} | ${list} |`;
  });
  const heading = ['| no. | record | what | fields |', '| --- | --- | --- | --- |'];
  expectDocumented('formats.md', 'trace records', [...heading, ...lines].join('\n'));
});
