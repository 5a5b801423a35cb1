import { expect, test } from 'vitest';
import { AS_GIVEN, STOCK } from './estimated-policies.js';
import { recommendation, type Row } from './recommendation.js';

const GIB = 2 ** 30;

function row(policy: string, downtime: number | undefined, gib: number, code: string): Row {
  const prediction = {
    iterations: 5,
    passes: [],
    totalMilliseconds: gib * 10_000,
    downtimeMilliseconds: downtime,
    octets: gib * GIB,
    decision: downtime === undefined ? 'abort' : 'stop-and-copy',
    end: { code, sentence: '' },
  } as const;
  return { policy, prediction };
}

test('half the downtime is worth twice the bytes, and what else there is is named', () => {
  const rows = [
    row(STOCK, 457, 1, 'iterations'),
    row('--max-downtime 300', 243, 1.1, 'max-downtime'),
    row('--max-downtime 100', 110, 1.5, 'max-downtime'),
    row('--max-downtime 30', 29, 4, 'max-downtime'),
    row('--abort-if-busy', undefined, 1, 'busy'),
  ];
  expect(recommendation('busy', rows, true)?.policy).toBe('--max-downtime 100');
  expect(recommendation('busy', rows, true)?.sentences).toEqual([
    'Recommended: --max-downtime 100. It pauses busy for about 110 ms, and sends 1.5 GiB in 15.00 s.',
    'With no options it is 457 ms and 1.0 GiB; 29 ms would cost 4.0 GiB (--max-downtime 30).',
  ]);
});

test('a downtime without the suspend says so', () => {
  const [first] = recommendation('busy', [row(STOCK, 40, 1, 'threshold')], false)?.sentences ?? [];
  expect(first).toContain(' pauses busy for about 40 ms and the suspend itself, and sends ');
});

test('where all do well enough, nothing is to be typed', () => {
  const rows = [row(STOCK, 40, 1, 'threshold'), row('--max-downtime 300', 60, 0.98, 'max-downtime')];
  expect(recommendation('idle', rows, true)?.sentences).toEqual([
    'Recommended: no options, which is what stock does. It pauses idle for about 40 ms, and sends 1.0 GiB in 10.00 s.',
    'No other policy does much better.',
  ]);
  expect(recommendation('idle', [row(AS_GIVEN, 41, 1, 'threshold'), ...rows], true)?.sentences[0]).toMatch(
    /^Recommended: the options as given\. /,
  );
});

test('where the guest writes as fast as the link sends, no policy is said to help', () => {
  const rows = [
    row(STOCK, 3200, 1.6, 'iterations'),
    row('--max-downtime 300', 3200, 1.3, 'stall'),
    row('--abort-if-busy', undefined, 1.2, 'busy'),
  ];
  expect(recommendation('busy', rows, true)?.sentences).toEqual([
    'Recommended: --max-downtime 300. It pauses busy for about 3.20 s, and sends 1.3 GiB in 13.00 s.',
    'No policy gets much below that: busy writes as fast as this link sends. A faster link or a quieter hour helps; ' +
      '--abort-if-busy leaves it here.',
  ]);
});

test('of options that would leave it here that is said, and a pause of nothing is not promised', () => {
  const rows = [row(AS_GIVEN, undefined, 1, 'out-of-reach'), row(STOCK, 0.3, 1, 'threshold')];
  expect(recommendation('idle', rows, true)?.sentences[0]).toMatch(
    /^As given, idle stays here\. Recommended: no options, which .*\. It pauses idle for less than 10 ms, /,
  );
});

test('where nothing moves it there is nothing to recommend', () => {
  expect(recommendation('busy', [row(AS_GIVEN, undefined, 1, 'busy')], true)).toBeUndefined();
});
