import { expect, test } from 'vitest';
import { progressLine, type ProgressFigures } from './progress-line.js';

const figures: ProgressFigures = {
  pass: { kind: 'precopy', iteration: 12, dirtyPages: 1000, pagesDone: 425 },
  sendRate: 28_750,
  passLeftMilliseconds: 570_400,
  estimatedDowntimeMilliseconds: 4321,
};
const line = (width: number, plain = true, of: ProgressFigures = figures) =>
  progressLine(of, { width, plain }, { subject: 'busy: ', phase: 'connecting' });

test('has a bar with rate, time left and downtime now, and less of it where there is less room', () => {
  expect(line(99)).toBe(
    'busy: pass 12 [###########-----------------] 42 %, 112.3 MiB/s, 9 min 30 s left, downtime now 4.3 s',
  );
  expect(line(75)).toBe('busy: pass 12, 42 %, 112.3 MiB/s, 9 min 30 s left, downtime now 4.3 s');
  expect(line(59)).toBe('pass 12, 42 %, 112 MiB/s, 9 min 30 s left, down 4.3 s');
  expect(line(39)).toBe('42 %, 9 min 30 s left, down 4.3 s');
  expect(line(20)).toBe('42 %, down 4.3 s');
  expect(line(39, true, { ...figures, passLeftMilliseconds: 12_400 })).toBe(
    '42 %, 112 MiB/s, 12 s left, down 4.3 s',
  );
});

test.for([10, 39, 60, 79, 99, 200])('is never wider than %d columns', (width) => {
  for (const plain of [true, false]) {
    for (const subject of ['', `${'n'.repeat(255)}: `]) {
      expect(progressLine(figures, { width, plain }, { subject }).length).toBeLessThanOrEqual(width);
    }
    expect(line(width, plain).length).toBeLessThanOrEqual(width);
  }
});

test('is ASCII where that is asked for', () => {
  expect(line(99)).toMatch(/^[ -~]*$/);
  expect(line(99, false)).toContain('|\u2588\u2588');
});

test('says what is known: no rate before the first pages, a bound, a domain that is suspended', () => {
  expect(line(39, true, { pass: figures.pass! })).toBe('busy: pass 12 [#######-----------] 42 %');
  expect(line(99, true, { ...figures, leastDowntimeMilliseconds: 90 })).toContain(', downtime now <4.3 s');
  expect(line(99, true, { ...figures, pass: { ...figures.pass!, kind: 'stop-and-copy' } })).toContain(
    ' left, suspended',
  );
  expect(line(39, true, {})).toBe('busy: connecting');
});
