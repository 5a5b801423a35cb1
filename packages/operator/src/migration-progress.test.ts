import { expect, test } from 'vitest';
import type { PrecopyDecision, PrecopyStats } from '@mig/hypervisor';
import { stats } from '../../sender/src/policies/stats.test-support.js';
import { MigrationProgress } from './migration-progress.js';

const GO_ON = { decision: 'continue-precopy' } as const;
const stop = (code: string) => ({ decision: 'stop-and-copy', reason: { code, sentence: code } }) as const;

const consulted = (stats: PrecopyStats, answer: PrecopyDecision) =>
  ({ kind: 'consulted', stats, answer }) as const;
const sent = (pagesDone: number) =>
  ({ kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 1000, pagesDone } }) as const;

/** A migration whose clock is set by hand. */
function begun(): { progress: MigrationProgress; at: (milliseconds: number) => void } {
  let now = 0;
  const progress = new MigrationProgress(() => now);
  return { progress, at: (milliseconds) => (now = milliseconds) };
}

const pass = { sentPages: 0, octets: 0, milliseconds: 0 };

test('nothing is said that is not known', () => {
  const { progress, at } = begun();
  at(70);
  expect(progress.figures()).toEqual({
    phase: 'awaiting-banner',
    iteration: 0,
    octetsSent: 0,
    elapsedMilliseconds: 70,
  });
});

test('in the first pass the downtime is what is left of it', () => {
  const { progress, at } = begun();
  progress.onEvent({ kind: 'source-state', state: 'precopy' });
  progress.onEvent(consulted(stats({ dirtyCount: 1000 }), GO_ON));
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration: 0, dirtyPages: 1000 } });
  at(400);
  progress.onEvent(sent(400));
  const within = { point: 'between-batches', totalWritten: 390, sendRate: 1000, suspendCost: 20 } as const;
  progress.onEvent(consulted(stats(within), GO_ON));
  expect(progress.figures()).toEqual({
    phase: 'precopy',
    iteration: 0,
    pass: { kind: 'precopy', iteration: 0, dirtyPages: 1000, pagesDone: 400 },
    sendRate: 1000,
    octetsSent: 390 * 4104,
    elapsedMilliseconds: 400,
    estimatedDowntimeMilliseconds: 620,
    leastDowntimeMilliseconds: 620,
    passLeftMilliseconds: 600,
  });
});

test('later, what is dirtied meanwhile counts, though never more than all memory', () => {
  const { progress, at } = begun();
  progress.onEvent({ kind: 'source-state', state: 'precopy' });
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration: 0, dirtyPages: 1000 } });
  progress.onEvent({
    kind: 'pass-finished',
    pass: {
      ...pass,
      kind: 'precopy',
      iteration: 0,
      dirtyPages: 1000,
      sentPages: 1000,
      octets: 4e6,
    },
  });
  const known = { iteration: 1, dirtyCount: 300, dirtyCounts: [300], dirtyRate: 500, sendRate: 1000 };
  progress.onEvent(consulted(stats(known), GO_ON));
  expect(progress.downtime?.most).toBe(300);
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration: 1, dirtyPages: 300 } });
  at(200);
  progress.onEvent(sent(200));
  progress.onEvent(consulted(stats({ ...known, dirtyCount: undefined, point: 'between-batches' }), GO_ON));
  expect(progress.pagesLeft).toBe(100 + 100);
  expect(progress.figures()).toMatchObject({ dirtyPages: 300, dirtyRate: 500, octetsSent: 4e6 });
  at(60_000);
  expect(progress.pagesLeft).toBe(1000);
});

test('where it is not known how fast the line is, there are bounds', () => {
  const { progress } = begun();
  progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const known = { iteration: 1, dirtyCount: 300, dirtyCounts: [300], sendRate: 1000, suspendCost: 20 };
  progress.onEvent(consulted(stats({ ...known, lineRate: undefined }), GO_ON));
  expect(progress.downtime).toEqual({ least: 20, most: 320 });
  progress.onEvent(consulted(stats({ ...known, lineRate: 10_000 }), GO_ON));
  expect(progress.downtime).toEqual({ least: 50, most: 50 });
});

test('a pass that was cut short was not done, any other was', () => {
  const { progress } = begun();
  const done = () => progress.figures().pass?.pagesDone;
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration: 0, dirtyPages: 1000 } });
  progress.onEvent({
    kind: 'pass-finished',
    pass: { ...pass, kind: 'precopy', iteration: 0, dirtyPages: 1000 },
  });
  expect(done()).toBe(1000);
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'precopy', iteration: 1, dirtyPages: 800 } });
  progress.onEvent(sent(300));
  progress.onEvent(consulted(stats({ point: 'between-batches' }), stop('operator')));
  progress.onEvent({
    kind: 'pass-finished',
    pass: { ...pass, kind: 'precopy', iteration: 1, dirtyPages: 800 },
  });
  expect(done()).toBe(300);
});

test('why precopy ends is known once it is decided, and the estimate of then is kept', () => {
  const { progress, at } = begun();
  progress.onEvent({ kind: 'source-state', state: 'precopy' });
  progress.onEvent(consulted(stats({ iteration: 1, dirtyCount: 40, sendRate: 1000 }), stop('threshold')));
  progress.onEvent({ kind: 'pass-started', pass: { kind: 'remainder', iteration: 1, dirtyPages: 40 } });
  progress.onEvent(
    consulted(stats({ iteration: 1, point: 'between-batches', sendRate: 1000 }), stop('operator')),
  );
  expect(progress.precopyEnd?.code).toBe('threshold');
  progress.onEvent({
    kind: 'pass-finished',
    pass: { ...pass, kind: 'remainder', iteration: 1, dirtyPages: 40 },
  });
  progress.onEvent(consulted(stats({ iteration: 1, dirtyCount: 40, sendRate: 1000 }), GO_ON));
  progress.onEvent({ kind: 'source-state', state: 'suspending' });
  progress.onEvent({ kind: 'precopy-ended', reason: { code: 'threshold', sentence: 'few enough' } });
  at(9000);
  progress.onEvent({ kind: 'source-state', state: 'stop-and-copy' });
  expect(progress.figures()).toMatchObject({
    phase: 'stop-and-copy',
    estimatedDowntimeMilliseconds: 40,
    precopyEnd: { code: 'threshold', sentence: 'few enough' },
  });
});
