/** Settings of a running migration: those in force, and the result of a change. */
import {
  contradictionIn,
  contradictionText,
  expectedOf,
  isAllowed,
  optionOf,
  settingNames,
  settingRow,
  type SettingName,
  type Settings,
  withDefaults,
} from '@mig/sender/policy';
import type { SettingsChange } from './wire/operator-protocol.js';

/**
 * The settings in force, defaults included.
 * @param hasOwnPolicy the operator's own policy decides, and there are no defaults beside it
 */
export function settingsInForce(settings: Settings, hasOwnPolicy: boolean): Settings {
  const { bandwidth, bandwidthAlways = false } = settings;
  return given({
    ...(hasOwnPolicy ? settings : withDefaults(settings)),
    ...(bandwidth !== undefined && { bandwidthAlways }),
  });
}

/** @returns the resulting settings, or a sentence that says what is wrong with them */
export function changedSettings(settings: Settings, change: SettingsChange): Settings | string {
  const kept = settingNames.filter((name) => !goesWith(name, change));
  const said = Object.fromEntries(kept.map((name) => [name, settings[name]]));
  const changed = given({ ...said, ...change });
  for (const name of settingNames) {
    const value = changed[name];
    if (value === undefined || isAllowed(settingRow(name), value)) continue;
    return `${optionOf(name)} must be ${expectedOf(settingRow(name))}, not '${value}'`;
  }
  const contradiction = contradictionIn(changed);
  return contradiction === undefined ? changed : contradictionText(contradiction, optionOf);
}

/** Tells whether the setting depends on one that the change unsets. */
function goesWith(name: SettingName, change: SettingsChange): boolean {
  const { changes } = settingRow(name);
  return changes !== undefined && change[changes] === null;
}

/** Leaves out values without effect: unset ones, and a false for what is not done anyway. */
function given(settings: SettingsChange): Settings {
  const isSet = (name: SettingName) => (settings[name] ?? undefined) !== undefined;
  const says = settingNames.filter((name) => {
    const { changes } = settingRow(name);
    const isVain = settings[name] === false && changes !== undefined && !isSet(changes);
    return isSet(name) && !isVain;
  });
  return Object.fromEntries(says.map((name) => [name, settings[name]]));
}
