export {
  ArrivalRefusedError,
  BannerError,
  DigestNotOfferedError,
  MigrationError,
  MissingMessageError,
  PrecopyAbortedError,
  TargetFailedError,
  UnexpectedMessageError,
} from './errors.js';
export { liveMigrate, type LiveMigrateOptions, type MigrationReport } from './live-migrate.js';
export { type Clock, type DowntimeEstimate, estimateDowntime } from './precopy-stats.js';
export { saveImage, type SaveImageOptions } from './save-image.js';
export * from './policies/index.js';
export { stopAndCopyLimit } from './stop-and-copy-limit.js';
export { suspendDomain, type SuspendDomainOptions } from './suspend-domain.js';
export { SOURCE_TIMEOUTS_DEFAULT, type SourceTimeouts } from './timeouts.js';
