import type { RecordOf, TraceRecord } from '@mig/trace';
import { expect, test } from 'vitest';
import { failed, sample } from '../report/sample.test-support.js';
import { recordLines } from './record-text.js';

function log(octets: Uint8Array): TraceRecord {
  const bitmap = { coding: 'raw', words: octets.length / 4, octets } as const;
  return { type: 'log-read', at: 1, iteration: 2, dirtyPages: 3, bitmap };
}

test.each([
  [[0, 0, 0, 0], ''],
  [[0b1011, 0, 0, 0], ': 0+2 3+1'],
  [[0x55, 0x55, 0x55, 0x55], ': 0+1 2+1 4+1 6+1, and 12 runs more'],
])('of a log the first runs are shown, and the others counted: %j', (octets, runs) => {
  const lines = recordLines(log(Uint8Array.from(octets)));
  expect(lines).toEqual([`     0.001 s  log read after pass 2: 3 pages dirty${runs}`]);
});

test('of a log in which every other page is dirty no run is kept', () => {
  const runs = 2 ** 23;
  const record = log(new Uint8Array(runs / 4).fill(0x55));
  const before = process.memoryUsage().heapUsed;
  const [line] = recordLines(record);
  // Runs that were kept took 80 octets each.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(runs * 40);
  expect(line).toContain(`and ${runs - 4} runs more`);
});

const consulted: TraceRecord = {
  type: 'consulted',
  at: 2602,
  point: 'dirty-count-known',
  iteration: 1,
  totalWritten: 65536,
  dirtyCount: 4000,
  elapsedMilliseconds: 2602,
  sendRate: 25_600,
  dirtyRate: undefined,
  lineRate: undefined,
  estimatedDowntime: 170,
  leastDowntime: 28,
  decision: 'continue-precopy',
  code: undefined,
  sentence: undefined,
};

test('a downtime that is reckoned with a line that is not measured is marked', () => {
  const said = (downtime: string) => [
    `     2.602 s  policy, dirty-count-known, 4000 dirty, sending 100.0 MiB/s, downtime now ${downtime}: continue-precopy`,
  ];
  const bounds = '28 ms to 170 ms (the line without the bandwidth is not measured)';
  expect(recordLines(consulted)).toEqual(said(bounds));
  expect(recordLines({ ...consulted, lineRate: 25_600, leastDowntime: 170 })).toEqual(said('170 ms'));
  // A record from a mig that did not know bounds yet.
  expect(recordLines({ ...consulted, leastDowntime: undefined })).toEqual(said('170 ms'));
});

test.each([
  [{}, 'failed: the stream ended'],
  [{ stoppedBy: 'policy' }, 'stopped: the stream ended'],
  [{ stoppedBy: 'operator', message: 'stopped by mig migrate-abort' }, 'stopped by mig migrate-abort'],
] as const)('an end that was asked for is said once: %j', (fields, said) => {
  const record = failed.at(-1) as RecordOf<'failed'>;
  const lines = recordLines({ ...record, at: 0, message: 'the stream ended', advice: [], ...fields });
  expect(lines).toEqual([`     0.000 s  ${said}`]);
});

test('the header says since when times count', () => {
  expect(recordLines(sample[0]!)[1]).toBe('embedded, mig 0.0.0; times since 2025-11-26T03:00:00.000Z');
});
