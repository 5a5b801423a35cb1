import { expect, test } from 'vitest';
import { expectedOf, isAllowed, keyOf, optionOf, parseSetting, variableOf } from './setting-row.js';
import { settingNames, settingRow, type SettingName, wireNameOf } from './settings.js';

test('a setting is called by its name in each place', () => {
  expect(optionOf('maxDowntime')).toBe('--max-downtime');
  expect(variableOf('maxDowntime')).toBe('MIG_MAX_DOWNTIME');
  expect(keyOf('maxDowntime')).toBe('max-downtime');
  expect(wireNameOf('maxDowntime')).toBe('maxDowntimeMilliseconds');
  expect(wireNameOf('bandwidth')).toBe('bandwidth');
});

const read: [SettingName, string, unknown][] = [
  ['precopyIterations', '0', 0],
  ['precopyIterations', '-1', undefined],
  ['precopyIterations', '1.5', undefined],
  ['maxDowntime', '300', 300],
  ['maxDowntime', '0', undefined],
  ['maxDowntime', '1000000001', undefined],
  ['timeout', '1.5', 1500],
  ['timeout', '0', undefined],
  ['timeout', '1000000', 1e9],
  ['timeout', '1000001', undefined],
  ['bandwidth', '100Mbit/s', 12.5e6],
  ['bandwidth', '100', undefined],
  ['timeoutAction', 'abort', 'abort'],
  ['timeoutAction', 'dance', undefined],
  ['abortIfBusy', '1', true],
  ['abortIfBusy', '0', false],
  ['abortIfBusy', 'yes', undefined],
];

test.each(read)('%s reads %s', (name, text, value) => {
  const row = settingRow(name);
  expect(parseSetting(row, text)).toBe(value);
  if (value !== undefined) expect(isAllowed(row, value)).toBe(true);
});

test('what is not of the type of a setting, or out of its range, is not allowed', () => {
  for (const name of settingNames) {
    for (const value of [NaN, Infinity, -1, 'dance', null, undefined, {}]) {
      expect(isAllowed(settingRow(name), value)).toBe(false);
    }
  }
});

test.each(settingNames)(
  'what is expected of %s says the unit, and has an example that is allowed',
  (name) => {
    const row = settingRow(name);
    const expected = expectedOf(row);
    if (!('example' in row)) return expect(expected).toMatch(/ or /);
    expect(parseSetting(row, row.example)).toBeDefined();
    expect(expected).toContain(row.example);
    expect(expected).toContain(
      row.kind === 'seconds' ? 'seconds' : row.kind === 'rate' ? 'bits or bytes' : row.unit,
    );
  },
);
