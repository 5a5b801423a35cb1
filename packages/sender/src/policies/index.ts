export { BANDWIDTH_EXPECTED, bandwidthText, parseBandwidth } from './bandwidth-text.js';
export { abortIfBusy, firstOf } from './compose.js';
export {
  abortOutOfReach,
  dirtyThreshold,
  type DowntimeGoal,
  downtimeGoal,
  fewPagesOutOfReach,
  maxDowntime,
} from './goals.js';
export { iterationLimit, stallLimit, timeLimit } from './limits.js';
export {
  expectedOf,
  isAllowed,
  keyOf,
  optionOf,
  parseSetting,
  secondsIn,
  type SettingRow,
  variableOf,
} from './setting-row.js';
export {
  bandwidthOf,
  type Contradiction,
  contradictionIn,
  contradictionText,
  downtimeCondition,
  GOAL_ITERATIONS_DEFAULT,
  policyFor,
  settingNames,
  settingRow,
  type SettingName,
  type Settings,
  settingTable,
  wireNameOf,
  withDefaults,
} from './settings.js';
export { DIRTY_THRESHOLD_DEFAULT, PRECOPY_ITERATIONS_DEFAULT, simplePolicy } from './simple-policy.js';
export { validated } from './user-policy.js';
