import { keyOf, settingNames, settingRow } from '@mig/sender/policy';
import { expect, test } from 'vitest';
import { tracedSettingsText } from './setting-text.js';

test.each([
  [{}, 'none: the defaults'],
  [{ 'max-downtime': 1500, timeout: 90_500 }, '--max-downtime 1500 ms, --timeout 90.5 s'],
  [{ bandwidth: 12_500_000, 'bandwidth-always': true }, '--bandwidth 100 Mbit/s, --bandwidth-always'],
  [{ 'timeout-action': 'abort', 'abort-if-busy': false }, '--timeout-action abort'],
  [{ policy: './mine.mjs', 'suspend-cost': 40, debug: true }, '--policy ./mine.mjs, --debug'],
  // Of a newer mig, or of a trace that somebody has written.
  [{ tomorrow: 5, bandwidth: -1 }, '--tomorrow 5, --bandwidth -1'],
] as const)('%j is worded %s', (settings, text) => {
  expect(tracedSettingsText(settings)).toBe(text);
});

test('every number with a unit has it', () => {
  for (const name of settingNames) {
    const { kind } = settingRow(name);
    if (kind === 'flag' || kind === 'word' || kind === 'count') continue;
    expect(tracedSettingsText({ [keyOf(name)]: 1000 })).toMatch(/ \d+ (?:ms|s|kbit\/s)$/);
  }
});
