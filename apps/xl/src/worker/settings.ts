/**
 * Converts settings to the trace's form: by the names of the options, with times in milliseconds and rates in
 * octets per second.
 */
import type { Settings as TraceSettings } from '@mig/trace';
import { keyOf, settingNames, settingRow, type Settings } from '@mig/sender/policy';

export function traceSettings(settings: Settings): TraceSettings {
  return given(
    Object.fromEntries(
      settingNames.map((name) => {
        const value = settings[name];
        const isRate = settingRow(name).kind === 'rate' && typeof value === 'number';
        return [keyOf(name), isRate ? Math.round(value) : value];
      }),
    ),
  );
}

export function given(settings: Readonly<Record<string, TraceSettings[string] | undefined>>): TraceSettings {
  return Object.fromEntries(
    Object.entries(settings).filter((pair): pair is [string, TraceSettings[string]] => pair[1] !== undefined),
  );
}
