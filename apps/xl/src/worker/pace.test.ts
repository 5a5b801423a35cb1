import { afterEach, expect, test, vi } from 'vitest';
import type { MigrationEvent, PrecopyDecision, PrecopyStats } from '@mig/hypervisor';
import { paced } from './pace.js';
import type { TaskEvents } from './task.js';

type TaskEvent = TaskEvents[keyof TaskEvents];

afterEach(() => {
  vi.restoreAllMocks();
});

const progress = { kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 9, pagesDone: 1 } } as const;
const goOn: PrecopyDecision = { decision: 'continue-precopy' };
const stop: PrecopyDecision = { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } };
const asked = (point: PrecopyStats['point'], answer: PrecopyDecision = goOn): MigrationEvent => ({
  kind: 'consulted',
  stats: { point } as PrecopyStats,
  answer,
});

test('what comes with each batch is told now and then, all else at once, a bitmap never', () => {
  const clock = { now: 1e6 };
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
  const told: TaskEvent[] = [];
  const tell = paced((event) => told.push(event));
  const all = [
    progress,
    asked('between-batches'),
    asked('between-batches', stop),
    asked('pass-finished'),
    { kind: 'suspended' } as const,
    { kind: 'log-read', pass: { iteration: 0, dirtyPages: 1 }, bitmap: Uint32Array.of(1) } as const,
  ];
  const round = () => {
    for (const event of all) tell(event);
    return told.splice(0);
  };
  expect(round()).toEqual(all.slice(0, 5));
  clock.now += 49;
  expect(round()).toEqual(all.slice(2, 5));
  clock.now += 1;
  expect(round()).toEqual([all[0], ...all.slice(2, 5)]);
});
