import { expect, test } from 'vitest';
import { changeWords } from './settings-change.js';

test.for([
  [{}, {}, undefined],
  [{ bandwidthAlways: false }, {}, undefined],
  [
    { precopyIterations: 5, precopyThreshold: 50 },
    { precopyIterations: 30, maxDowntime: 500 },
    '--precopy-iterations 30 (was 5), no --precopy-threshold (was 50), --max-downtime 500 ms',
  ],
  [
    { bandwidth: 12.5e6, timeout: 60_000, timeoutAction: 'abort' },
    { bandwidth: 125e6, abortIfBusy: true },
    'no --timeout (was 60 s), --bandwidth 1 Gbit/s (was 100 Mbit/s), no --timeout-action (was abort), --abort-if-busy',
  ],
  [{ abortIfBusy: true }, { abortIfBusy: false }, 'no --abort-if-busy'],
] as const)('%o, then %o', ([before, after, words]) => {
  expect(changeWords(before, after)).toBe(words && `settings changed by migrate-set: ${words}`);
});
