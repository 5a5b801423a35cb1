import { expect, test } from 'vitest';
import { domain, host, run } from './fleet.test-support.js';
import { planMoves } from './plan.js';

const domains = run(['a', 'b', 'c'].map((name) => domain(name))).domains;
const targets = [host('left', [], { freeMemory: 2500 }), host('right', [], { freeMemory: 1500 })];
const estimates = new Map(
  domains.map(({ uuid }) => [uuid, { totalMilliseconds: 1000, downtimeMilliseconds: 50 }]),
);

test('moves are spread over the targets, and wait for each other', () => {
  expect(planMoves(domains, targets, { out: 2, in: 1 }, estimates)).toMatchObject([
    { target: 'left', startMilliseconds: 0, downtimeMilliseconds: 50 },
    { target: 'right', startMilliseconds: 0 },
    { target: 'left', startMilliseconds: 1000 },
  ]);
});

test('whom no target can take has a reason, and without estimates there are no times', () => {
  const [first, , third] = planMoves(domains, targets.slice(1), { out: 1, in: 1 });
  expect(first).toEqual({ uuid: 'uuid-of-a', target: 'right', startMilliseconds: 0 });
  expect(third).toEqual({ uuid: 'uuid-of-c', why: 'right: it needs 1037 MiB, and 463 MiB are free' });
});
