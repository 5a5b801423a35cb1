/** Generators of any record, for properties. */
import fc from 'fast-check';
import { packBitmap } from './bitmap.js';
import { TRACE_MAGIC, TRACE_VERSION } from './decoder.js';
import {
  consultationPoints,
  decisions,
  type KnownTraceRecord,
  passKinds,
  type TraceHeader,
} from './kinds.js';

export const SEED = 20140905;

const count = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());
// MessagePack has a single zero: no -0.
const real = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(1e6))
  .map((value) => (value === 0 ? 0 : value));
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const at = real;
const settings = fc.dictionary(text, fc.oneof(text, fc.boolean(), real), {
  maxKeys: 5,
  noNullPrototype: true,
});

export const anyHeader: fc.Arbitrary<TraceHeader> = fc.record({
  type: fc.constant('header' as const),
  at,
  magic: fc.constant(TRACE_MAGIC),
  version: fc.constant(TRACE_VERSION),
  date: fc.integer({ min: -8.64e15, max: 8.64e15 }),
  writer: text,
  hypervisor: text,
  host: text,
  target: text,
  domain: text,
  domid: count,
  uuid: text,
  pageCount: count,
  settings,
});

/** Generates bitmaps, some of them with long runs. */
export const anyBitmap: fc.Arbitrary<Uint32Array> = fc
  .array(
    fc.tuple(fc.oneof(fc.constantFrom(0, 0xffffffff), fc.nat(0xffffffff)), fc.integer({ min: 1, max: 20 })),
    {
      maxLength: 12,
    },
  )
  .map((runs) => Uint32Array.from(runs.flatMap(([word, times]) => Array<number>(times).fill(word))));

const pass = { kind: fc.constantFrom(...passKinds), iteration: count, dirtyPages: count };

export const anyRecord: fc.Arbitrary<KnownTraceRecord> = fc.oneof(
  fc.record({ type: fc.constant('state' as const), at, state: text }),
  fc.record({ type: fc.constant('pass-started' as const), at, ...pass }),
  fc.record({
    type: fc.constant('pass' as const),
    at,
    ...pass,
    sentPages: count,
    octets: count,
    milliseconds: real,
    zeroPages: maybe(count),
    octetsSaved: maybe(count),
    compressedPages: maybe(count),
    octetsSavedByCompression: maybe(count),
    compressionLevel: maybe(count),
  }),
  fc.record({
    type: fc.constant('consulted' as const),
    at,
    point: fc.constantFrom(...consultationPoints),
    iteration: count,
    totalWritten: count,
    dirtyCount: maybe(count),
    elapsedMilliseconds: real,
    sendRate: maybe(real),
    dirtyRate: maybe(real),
    estimatedDowntime: maybe(real),
    lineRate: maybe(real),
    leastDowntime: maybe(real),
    decision: fc.constantFrom(...decisions),
    code: maybe(text),
    sentence: maybe(text),
  }),
  fc.record({
    type: fc.constant('log-read' as const),
    at,
    iteration: count,
    dirtyPages: count,
    bitmap: anyBitmap.map(packBitmap),
  }),
  fc.record({ type: fc.constant('precopy-ended' as const), at, code: text, sentence: text }),
  fc.record({ type: fc.constant('course' as const), at, settings }),
  fc.record({ type: fc.constant('suspended' as const), at }),
  fc.record({
    type: fc.constant('complete' as const),
    at,
    suspendRequestedAt: real,
    suspendMilliseconds: real,
    downtimeMilliseconds: real,
    suspendCostMilliseconds: real,
    totalMilliseconds: real,
    octetsSent: count,
  }),
  fc.record({
    type: fc.constant('failed' as const),
    at,
    message: text,
    advice: fc.array(text, { maxLength: 3 }),
    exitStatus: count,
    reason: maybe(text),
    state: maybe(text),
    outcome: maybe(text),
    stoppedBy: maybe(text),
  }),
);

export const anyTrace: fc.Arbitrary<KnownTraceRecord[]> = fc
  .tuple(anyHeader, fc.array(anyRecord, { maxLength: 12 }))
  .map(([header, rest]) => [header, ...rest]);
