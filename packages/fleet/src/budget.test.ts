import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEAST_RATE, type LineStage, nextTurn, rateChanges, shareLine, TRICKLE_RATE } from './budget.js';

const users = (...stages: LineStage[]) => stages.map((stage, i) => ({ id: String(i), stage }));
const rates = (stages: LineStage[], link?: number) => [...shareLine(users(...stages), link).values()];
const anyStages = fc.array(fc.constantFrom<LineStage>('running', 'held', 'ending', 'still'), {
  maxLength: 50,
});

test('all have the same share', () => {
  expect(rates(['running', 'held'], 1e8)).toEqual([5e7, 5e7]);
});

test('while one has its turn, the others trickle', () => {
  expect(rates(['running', 'ending', 'held'], 1e8)).toEqual([2.5e6, 9.5e7, 2.5e6]);
  expect(rates(['ending'], 1e8)).toEqual([1e8]);
  expect(rates(['held', 'ending'])).toEqual([undefined, undefined]);
});

test('while one stands still, the others trickle', () => {
  expect(rates(['running', 'still', 'held'], 1e8)).toEqual([2.5e6, undefined, 2.5e6]);
  expect(rates(['running', 'still'])).toEqual([TRICKLE_RATE, undefined]);
});

test('one that stands still without a turn takes none away', () => {
  expect(rates(['ending', 'still', 'held'], 1e8)).toEqual([9.5e7, undefined, 5e6]);
});

test('the rates never add up to more than the link', () => {
  fc.assert(
    fc.property(anyStages, fc.integer({ min: 1e6, max: 1e10 }), (stages, link) => {
      const sum = rates(stages, link).reduce<number>((all, rate) => all + (rate ?? 0), 0);
      expect(sum).toBeLessThanOrEqual(Math.max(link, stages.length * LEAST_RATE));
    }),
  );
});

test('it is the turn of one that is held, and of one at a time', () => {
  expect(nextTurn(users('running', 'held', 'held'))).toBe('1');
  expect(nextTurn(users('running'))).toBeUndefined();
  for (const stage of ['ending', 'still'] as const) expect(nextTurn(users('held', stage))).toBeUndefined();
});

test('who goes down goes first, and who does not change is left alone', () => {
  const before = new Map([...shareLine(users('held', 'running', 'running'), 1e8)]);
  const after = new Map<string, number | undefined>([
    ['0', 1e6],
    ['1', 9e7],
    ['2', before.get('2')],
    ['new', 5],
  ]);
  expect(rateChanges(before, after)).toEqual([
    ['0', 1e6],
    ['1', 9e7],
  ]);
});
