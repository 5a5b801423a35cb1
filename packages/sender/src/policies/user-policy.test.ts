import { expect, test } from 'vitest';
import { inShort, sentenceOf, stats } from './stats.test-support.js';
import { validated } from './user-policy.js';

const circular: Record<string, unknown> = {};
circular['self'] = circular;

const mistakes: [string, (given: never) => unknown, RegExp][] = [
  ['throws', () => { throw new Error('oh'); }, /^the policy mine threw oh$/], // prettier-ignore
  ['answers nothing', () => undefined, /answered undefined, which is no decision/],
  ['answers a word', () => 'abort', /answered "abort", which/],
  ['answers an unknown decision', () => ({ decision: 'stop' }), /answered {"decision":"stop"}/],
  ['answers what cannot be shown', () => circular, /answered \[object Object\]/],
  ['answers a promise', () => Promise.reject(new Error('later')), /a promise: a policy decides at once/],
  ['answers what can be waited for', () => ({ then: () => undefined }), /a promise/],
  ['gives no reason', () => ({ decision: 'stop-and-copy' }), /decided stop-and-copy without a reason/],
  [
    'gives half a reason',
    () => ({ decision: 'abort', reason: { code: 1, sentence: '' } }),
    /without a reason/,
  ],
  ['cannot be asked for its answer', () => ({ get decision() { throw new Error('not now'); } }), /threw not now/], // prettier-ignore
  ['throws what has no words', () => { throw Object.create(null); }, /^the policy mine threw {}$/], // prettier-ignore
  ['changes the counts', (given: { dirtyCounts: number[] }) => { given.dirtyCounts.push(1); }, /threw Cannot add/], // prettier-ignore
  ['changes its figures', (given: { iteration: number }) => { given.iteration = 99; }, /threw Cannot assign/], // prettier-ignore
];

test.each(mistakes)('one that %s is an abort', (_, policy, sentence) => {
  const answer = validated(policy, 'mine')(stats({}));
  expect(inShort(answer)).toBe('abort: policy-failed');
  expect(sentenceOf(answer)).toMatch(sentence);
});

test('what a policy decides is what it answered', () => {
  const reason = { code: 'mine', sentence: 'enough' };
  for (const decision of ['stop-and-copy', 'abort'] as const) {
    expect(validated(() => ({ decision, reason }), 'mine')(stats({}))).toEqual({ decision, reason });
  }
  const asked: unknown[] = [];
  const policy = validated((given) => {
    asked.push(given);
    return { decision: 'continue-precopy' };
  }, 'mine');
  expect(policy(stats({ iteration: 3 }))).toEqual({ decision: 'continue-precopy' });
  expect(asked).toEqual([stats({ iteration: 3 })]);
});

test('nothing else of an answer is passed on: it could not cross to another thread', () => {
  const more = { because: () => 'of that' };
  const reason = { code: 'mine', sentence: 'enough', ...more };
  expect(validated(() => ({ decision: 'continue-precopy', ...more }), 'mine')(stats({}))).toEqual({
    decision: 'continue-precopy',
  });
  expect(validated(() => ({ decision: 'abort', reason, ...more }), 'mine')(stats({}))).toEqual({
    decision: 'abort',
    reason: { code: 'mine', sentence: 'enough' },
  });
});
