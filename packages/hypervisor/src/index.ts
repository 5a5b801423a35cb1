export {
  type Admission,
  arrivalRefusal,
  type Arrivals,
  type ArrivalsNow,
  type Cordon,
  cordonWords,
} from './arrivals.js';
export { bitCount, clearBit, isSet, setBit } from './bitmap.js';
export { checkName, domidIn, isMeant } from './naming.js';
export { HostError, type HostErrorCode, refusalCodes } from './errors.js';
export {
  byKind,
  type EventOf,
  type EventTable,
  type IncomingPass,
  type LogReadEvent,
  type MigrationEvent,
  type NoteEvent,
  type PassProgress,
  type PassStart,
  type ReceiveEvent,
  type RestoreEvent,
  type SaveEvent,
  type SendEvent,
} from './events.js';
export type {
  Bandwidth,
  Compression,
  CheckedRecord,
  Departure,
  DigestCheck,
  DirtyLog,
  DomainInfo,
  DomainState,
  Host,
  HostInfo,
  ExpectedDomain,
  IncomingDomain,
  OutgoingDomain,
  Purpose,
  RestoreOptions,
  ResumeOptions,
  SaveOptions,
} from './host.js';
export {
  COMPRESSED_RUN,
  type CompressedPages,
  type IncomingMemory,
  type Memory,
  type PageCompressor,
} from './memory.js';
export {
  type ConsultationPoint,
  decisions,
  type PrecopyDecision,
  type PrecopyEnd,
  type PrecopyPolicy,
  type PrecopyStats,
} from './policy.js';
export { type ImageReport, isLive, type PassKind, passKinds, type PassReport } from './report.js';
