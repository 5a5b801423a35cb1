/** Settings in words, as a status lists them. */
import { settingNames, settingRow, type SettingRow, type Settings } from '@mig/sender/policy';

/** The goals in words, such as "at most 50 pages dirty; an estimated downtime of at most 300 ms". */
export function goalWords(settings: Settings): string {
  return words('goal', settings) || 'none';
}

export function limitWords(settings: Settings): string {
  return words('limit', settings) || 'none';
}

export function bandwidthWords(settings: Settings): string {
  return words('bandwidth', settings) || 'no limit';
}

function words(role: SettingRow['role'], settings: Settings): string {
  const parts = settingNames.map((name) => {
    const row = settingRow(name);
    const value = settings[name];
    if (row.role !== role || value === undefined || !('words' in row)) return false;
    return (row.words as (value: unknown, all: Settings) => string | false)(value, settings);
  });
  return parts.filter((part) => part !== false).join('; ');
}
