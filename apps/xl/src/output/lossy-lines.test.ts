import { beforeEach, expect, test } from 'vitest';
import { LossyLines } from './lossy-lines.js';

let written: string[];
let waiting: number;
let lines: LossyLines;
beforeEach(() => {
  written = [];
  waiting = 0;
  const output = { line: (text: string) => void written.push(text), waiting: () => waiting };
  lines = new LossyLines(output, (count) => `${count} left out`);
});

test('all is said to a reader that keeps up', () => {
  lines.news('news');
  lines.line('line');
  lines.last('last');
  expect(written).toEqual(['news', 'line', 'last']);
});

test('one that is behind gets no old news, and all the rest', () => {
  waiting = 70_000;
  lines.news('old');
  lines.line('line');
  waiting = 0;
  lines.news('news');
  expect(written).toEqual(['line', 'news']);
});

test('where too much waits lines are left out; how many is said in their place, once there is room', () => {
  lines.line('first');
  waiting = 2_000_000;
  for (const text of ['one', 'two', 'three']) lines.line(text);
  lines.news('old');
  waiting = 500_000;
  lines.line('fifth');
  waiting = 0;
  lines.line('sixth');
  expect(written).toEqual(['first', '3 left out', 'fifth', 'sixth']);
});

test('the last is said whatever waits', () => {
  waiting = 2_000_000;
  lines.line('lost');
  lines.last('last');
  expect(written).toEqual(['1 left out', 'last']);
});
