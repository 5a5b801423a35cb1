/**
 * The record kinds of a trace, one row each: its number, and its fields in order. On the wire a record is the
 * MessagePack array `[number, at, field, ...]`; the types below are inferred from the rows, and a test
 * compares docs/formats.md with them.
 */
import {
  bitmap,
  count,
  date,
  type FieldCodec,
  optional,
  real,
  settings,
  text,
  texts,
  word,
} from './fields.js';

export const passKinds = ['precopy', 'remainder', 'stop-and-copy', 'verify'] as const;
export const consultationPoints = ['dirty-count-known', 'pass-finished', 'between-batches'] as const;
export const decisions = ['continue-precopy', 'stop-and-copy', 'abort'] as const;

interface Row {
  readonly number: number;
  readonly what: string;
  readonly fields: Readonly<Record<string, FieldCodec<never>>>;
}

function row<const F extends Readonly<Record<string, object>>>(number: number, what: string, fields: F) {
  return { number, what, fields };
}

export const traceKinds = {
  header: row(0, 'the first record: what is migrated, from where to where', {
    magic: text,
    version: count,
    /** Start of the trace, where `at` is 0, in milliseconds since 1970. */
    date,
    /** Version of mig that wrote the trace. */
    writer: text,
    hypervisor: text,
    host: text,
    /** The target as the operator gave it. */
    target: text,
    domain: text,
    domid: count,
    uuid: text,
    /** Number of pages of memory, as the host counts them; the first pass may have more. */
    pageCount: count,
    settings,
  }),
  state: row(1, 'the handshake has got to this state', { state: text }),
  'pass-started': row(2, 'a pass over dirty pages begins', {
    kind: word(passKinds),
    iteration: count,
    dirtyPages: count,
  }),
  pass: row(3, 'that pass is done', {
    kind: word(passKinds),
    iteration: count,
    dirtyPages: count,
    sentPages: count,
    octets: count,
    milliseconds: real,
    /** Number of pages of zeros that were sent by their pfns, if there were any. */
    zeroPages: optional(count),
    /** Octets by which the pass is shorter for it. */
    octetsSaved: optional(count),
    /** Number of pages that were sent compressed, if there were any, of `sentPages`. */
    compressedPages: optional(count),
    /** Octets by which the pass is shorter for it, and the highest level. */
    octetsSavedByCompression: optional(count),
    compressionLevel: optional(count),
  }),
  consulted: row(4, 'the policy was asked, with these figures, and answered', {
    point: word(consultationPoints),
    iteration: count,
    totalWritten: count,
    dirtyCount: optional(count),
    elapsedMilliseconds: real,
    /** Rate of sending in pages per second. */
    sendRate: optional(real),
    dirtyRate: optional(real),
    /** Estimated downtime in milliseconds. */
    estimatedDowntime: optional(real),
    decision: word(decisions),
    code: optional(text),
    sentence: optional(text),
    /** Rate of the line in pages per second, once the domain is suspended; unknown if it is not measured. */
    lineRate: optional(real),
    /** Least downtime in milliseconds: less than the estimate if the line's rate is not measured. */
    leastDowntime: optional(real),
  }),
  'log-read': row(5, 'the log of dirty pages was read, after the pass of that number', {
    iteration: count,
    dirtyPages: count,
    bitmap,
  }),
  'precopy-ended': row(6, 'why the live passes ended', { code: text, sentence: text }),
  suspended: row(7, 'the domain has suspended', {}),
  complete: row(8, 'the last record of a success', {
    /** Time of the suspend request, on the clock of `at`. */
    suspendRequestedAt: real,
    suspendMilliseconds: real,
    downtimeMilliseconds: real,
    suspendCostMilliseconds: real,
    totalMilliseconds: real,
    octetsSent: count,
  }),
  failed: row(9, 'the last record of a failure', {
    message: text,
    advice: texts,
    exitStatus: count,
    reason: optional(text),
    state: optional(text),
    outcome: optional(text),
    /** Names who asked for the end: `signal`, `operator` or `policy`; none of them if it is a failure. */
    stoppedBy: optional(text),
  }),
  course: row(10, 'the operator has changed the goals, limits or bandwidth: what holds from here', {
    settings,
  }),
} satisfies Record<string, { readonly number: number; readonly what: string; readonly fields: object }>;

export type TraceKind = keyof typeof traceKinds;

type FieldsOf<K extends TraceKind> = {
  readonly [
    F in keyof (typeof traceKinds)[K]['fields']
  ]: (typeof traceKinds)[K]['fields'][F] extends FieldCodec<infer T> ? T : never;
};

/** A record of the given kind. `at`: milliseconds since the trace began. */
export type RecordOf<K extends TraceKind> = { readonly type: K; readonly at: number } & FieldsOf<K>;

/** A record of a later version of mig, or an invalid one: readers skip it. */
export interface UnknownTraceRecord {
  readonly type: 'unknown';
  readonly at: number;
  readonly number: number;
}

export type KnownTraceRecord = { [K in TraceKind]: RecordOf<K> }[TraceKind];
export type TraceRecord = KnownTraceRecord | UnknownTraceRecord;
export type TraceHeader = RecordOf<'header'>;

/** The same rows, for code that handles all kinds alike. */
export const rows = Object.entries(traceKinds) as unknown as readonly (readonly [TraceKind, Row])[];
