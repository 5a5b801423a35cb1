export { ComparisonError, NoPermissionError, ReceiveError } from './errors.js';
export { pullFrom } from './pull.js';
export { type ArrivingConfiguration, readConfiguration } from './read-configuration.js';
export { type ReceivedDomain, receiveDomain, type ReceiveOptions } from './receive-domain.js';
export { restoreImage, type RestoreImageOptions, type RestoreReport } from './restore-image.js';
export { TARGET_TIMEOUTS_DEFAULT, type TargetTimeouts } from './timeouts.js';
