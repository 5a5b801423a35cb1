import { expect, test } from 'vitest';
import { stopAndCopyLimit } from './stop-and-copy-limit.js';

const GIB = 2 ** 18;
const rows: [string, Parameters<typeof stopAndCopyLimit>[0], number][] = [
  ['nothing left: a minute', { pages: 0, livePages: GIB, liveMilliseconds: 9000, bandwidth: undefined }, 60],
  [
    '64 GiB that did not converge over 1 Gbit/s, ten minutes: 100 minutes more',
    { pages: 64 * GIB, livePages: 320 * GIB, liveMilliseconds: 3_000_000, bandwidth: undefined },
    60 + 10 * 600,
  ],
  [
    'the pauses of a guest that writes little count as well',
    { pages: GIB / 1024, livePages: GIB, liveMilliseconds: 102_400, bandwidth: undefined },
    60 + 1,
  ],
  [
    'nothing was measured: 10 MB/s, and no faster',
    { pages: GIB, livePages: 0, liveMilliseconds: 0, bandwidth: undefined },
    60 + 1074,
  ],
  [
    'a bandwidth that is lifted is as if there were none',
    {
      pages: GIB,
      livePages: GIB,
      liveMilliseconds: 10_000,
      bandwidth: { octetsPerSecond: 1, always: false },
    },
    60 + 10 * 10,
  ],
  [
    'one that holds is what it should take',
    {
      pages: GIB,
      livePages: GIB,
      liveMilliseconds: 10_000,
      bandwidth: { octetsPerSecond: 2 ** 20, always: true },
    },
    60 + 10 * 1024,
  ],
  [
    'also where nothing was measured',
    { pages: GIB, livePages: 0, liveMilliseconds: 0, bandwidth: { octetsPerSecond: 2 ** 20, always: true } },
    60 + 10 * 1024,
  ],
];
test.each(rows)('%s', (_, figures, seconds) => {
  expect(stopAndCopyLimit(figures)).toBe(seconds * 1000);
});
