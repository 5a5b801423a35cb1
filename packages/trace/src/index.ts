/**
 * The migration trace: what happened, record by record, as MessagePack. It can be read up to the last whole
 * record, however its writer ended.
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | length (big-endian)   | MessagePack: [number, at, field, ...]
 *     +-----------------------+-----------------------+
 *
 * The first record is the header, and a trace of a migration that has ended has `complete` or `failed` for its last:
 *
 *     header, state awaiting-banner, state precopy, consulted,
 *     pass-started, consulted ..., pass, consulted, log-read ...,
 *     precopy-ended, state suspending, suspended, state stop-and-copy, pass-started, pass,
 *     state awaiting-ready ... completed, complete
 *
 * docs/formats.md has the records and their fields.
 */
export { dirtyRuns, MAX_BITMAP_WORDS, packBitmap, type PackedBitmap, unpackBitmap } from './bitmap.js';
export { encodeTraceRecord, MAX_TRACE_RECORD, TRACE_LIMITS } from './codec.js';
export { TRACE_MAGIC, TRACE_VERSION, TraceDecoder, type TraceEnd, type TraceFault } from './decoder.js';
export type { Settings } from './fields.js';
export {
  type KnownTraceRecord,
  type RecordOf,
  type TraceHeader,
  type TraceKind,
  traceKinds,
  type TraceRecord,
  type UnknownTraceRecord,
} from './kinds.js';
