/** Settings in the words of their options. */
import {
  bandwidthText,
  isAllowed,
  keyOf,
  optionOf,
  settingNames,
  settingRow,
  type SettingName,
  type Settings,
} from '@mig/sender/policy';
import type { Settings as TraceSettings } from '@mig/trace';

/** The name in a trace of what no option gives: what earlier migrations have told of the suspend. */
export const ASSUMED = 'suspend-cost';

/** Words a setting, such as "--max-downtime 300 ms"; undefined where it is not set. */
export function settingText(name: SettingName, value: Settings[SettingName]): string | undefined {
  const text = valueText(name, value);
  return text === undefined ? undefined : optionOf(name) + text;
}

/** The value with a space before it; empty for a flag, undefined for what is not set. */
export function valueText(name: SettingName, value: Settings[SettingName]): string | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return '';
  if (typeof value === 'string') return ` ${value}`;
  const { kind } = settingRow(name);
  if (kind === 'rate') return ` ${bandwidthText(value)}`;
  if (kind === 'seconds') return ` ${value / 1000} s`;
  return ` ${value}${kind === 'milliseconds' ? ' ms' : ''}`;
}

/** Words the settings of a trace; one that this mig does not know appears as it stands there. */
export function tracedSettingsText(settings: TraceSettings): string {
  const texts = Object.entries(settings).map(([key, value]) => {
    const name = settingNames.find((each) => keyOf(each) === key);
    if (name !== undefined && isAllowed(settingRow(name), value)) {
      return settingText(name, value as Settings[SettingName]);
    }
    if (key === ASSUMED || value === false) return undefined;
    return value === true ? `--${key}` : `--${key} ${value}`;
  });
  return texts.filter((text) => text !== undefined).join(', ') || 'none: the defaults';
}
