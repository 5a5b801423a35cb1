import { expect, test } from 'vitest';
import { domain, run, withDomain } from './fleet.test-support.js';
import { type AttemptEnd, settle } from './outcome.js';
import { changed, type DomainState, type RunDomain } from './run.js';

const a = domain('a');
const moving = (change: Partial<RunDomain> = {}, deadline?: number) =>
  withDomain(run([a], { deadline }), { state: 'moving', target: 'left', ...change });
const after = (end: AttemptEnd, from = moving()) => settle(from, a.uuid, end, 100).domains[0]!;

test.each<[AttemptEnd, DomainState]>([
  [{ status: 0 }, 'moved'],
  [{ status: 4 }, 'moved'],
  [{ status: 6 }, 'waiting'],
  [{ status: 7 }, 'stayed'],
  [{ status: 1, refusal: 'arrivals-full', outcome: 'untouched' }, 'waiting'],
  [{ status: 1, outcome: 'keeps-running' }, 'waiting'],
  [{ status: 1, outcome: 'untouched', stoppedBy: 'operator' }, 'stayed'],
  [{ status: 1, outcome: 'left-suspended' }, 'asking'],
  [{ status: 1 }, 'asking'],
  [{ status: 3 }, 'asking'],
  [{ status: 5 }, 'asking'],
  [{ status: undefined }, 'asking'],
  [{ status: 7, isInterrupted: true }, 'waiting'],
  [{ status: 1, outcome: 'keeps-running', stoppedBy: 'signal', isInterrupted: true }, 'waiting'],
  [{ status: 0, isInterrupted: true }, 'moved'],
  [{ status: 3, isInterrupted: true }, 'asking'],
])('%j', (end, state) => expect(after(end).state).toBe(state));

test('a target that refused is left alone for a while', () => {
  const { resting } = settle(moving(), a.uuid, { status: 1, refusal: 'cordoned' }, 100);
  expect(resting['left']).toBeGreaterThan(100);
});

test('a target where it failed is not tried again, unless it is the last', () => {
  const end = { status: 1, outcome: 'untouched', message: 'no room' };
  expect(after(end).unfit).toEqual({ left: 'no room' });
  expect(after(end, moving({ target: 'right', unfit: { left: 'no room' } })).unfit).toEqual({
    left: 'no room',
  });
});

test('who is too busy too often stays, and with a deadline is tried again by then', () => {
  expect(after({ status: 6 }, moving({ busy: 3 })).state).toBe('stayed');
  expect(after({ status: 6 }, moving({ busy: 30 }, 200))).toMatchObject({ state: 'waiting', notBefore: 200 });
});

test('who was too busy up to the deadline is moved then', () => {
  expect(after({ status: 6 }, moving({ busy: 30 }, 50)).state).toBe('waiting');
});

test('what is final stays so', () => {
  const moved = withDomain(run([a]), { state: 'moved' });
  expect(settle(moved, a.uuid, { status: 6 }, 0)).toBe(moved);
  expect(() => changed(moved, a.uuid, { state: 'waiting' })).toThrow('a is moved and cannot become waiting');
});
