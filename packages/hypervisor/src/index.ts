export { checkName, domidIn, isMeant } from './naming.js';
export { HostError, type HostErrorCode, refusalCodes } from './errors.js';
export type {
  Bandwidth,
  Departure,
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
export type { IncomingMemory, Memory } from './memory.js';
export type {
  ConsultationPoint,
  PrecopyDecision,
  PrecopyEnd,
  PrecopyPolicy,
  PrecopyStats,
} from './policy.js';
export type { ImageReport, PassKind, PassReport, SaveObserver } from './report.js';
