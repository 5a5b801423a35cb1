/** The settings of a migration while it runs: what is in force, and what comes of a change. */
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
 * The settings that hold, the defaults included.
 * @param hasOwnPolicy a policy of the operator's own decides, beside which there are no defaults
 */
export function settingsInForce(settings: Settings, hasOwnPolicy: boolean): Settings {
  const { bandwidth, bandwidthAlways = false } = settings;
  return given({
    ...(hasOwnPolicy ? settings : withDefaults(settings)),
    ...(bandwidth !== undefined && { bandwidthAlways }),
  });
}

/** @returns the settings that come of it, or what is wrong with them in a sentence */
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

/** Whether what the setting is about is unset. */
function goesWith(name: SettingName, change: SettingsChange): boolean {
  const { changes } = settingRow(name);
  return changes !== undefined && change[changes] === null;
}

/** Leaves out what says nothing: what was unset, and that something is not done which could not be. */
function given(settings: SettingsChange): Settings {
  const isSet = (name: SettingName) => (settings[name] ?? undefined) !== undefined;
  const says = settingNames.filter((name) => {
    const { changes } = settingRow(name);
    const isVain = settings[name] === false && changes !== undefined && !isSet(changes);
    return isSet(name) && !isVain;
  });
  return Object.fromEntries(says.map((name) => [name, settings[name]]));
}
