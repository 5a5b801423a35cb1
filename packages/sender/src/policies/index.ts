export { BANDWIDTH_EXPECTED, bandwidthText, parseBandwidth } from '../bandwidth-text.js';
export { abortIfBusy, firstOf } from './compose.js';
export { abortOutOfReach, dirtyThreshold, fewPagesOutOfReach, maxDowntime } from './goals.js';
export { iterationLimit, stallLimit, timeLimit } from './limits.js';
export {
  contradiction,
  downtimeCondition,
  GOAL_ITERATIONS_DEFAULT,
  policyFor,
  type PolicySettings,
  type TimeoutAction,
  withDefaults,
} from './policy-settings.js';
export { DIRTY_THRESHOLD_DEFAULT, PRECOPY_ITERATIONS_DEFAULT, simplePolicy } from './simple-policy.js';
export { guarded } from './user-policy.js';
