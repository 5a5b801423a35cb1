import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouteHistory, suspendCostOf } from './route-history.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const history = (target: string, hypervisor = 'Xen 4.17') => new RouteHistory(folder, { hypervisor, target });

test('has the median of the latest nine of each route and figure', () => {
  const one = history('one');
  for (const cost of [9000, 8000, 1, 2, 3, 40, 50, 60, 70, 80, 7000]) one.add('suspend-costs', cost);
  expect(one.median('suspend-costs')).toBe(50);
  one.add('line-rates', undefined);
  expect(one.median('line-rates')).toBeUndefined();
  one.add('line-rates', 12);
  expect(one.median('line-rates')).toBe(12);
  expect(history('two').median('suspend-costs')).toBeUndefined();
});

test.each([
  ['rise', (number: number) => number, 16],
  ['fall', (number: number) => 21 - number, 5],
])('has that of nine, not of one more or less, where they %s', (_, cost, median) => {
  for (let number = 1; number <= 20; number++) history('one').add('suspend-costs', cost(number));
  expect(history('one').median('suspend-costs')).toBe(median);
});

test('knows the dearest other route from the same hypervisor', () => {
  expect(history('new').largestElsewhere('suspend-costs')).toBeUndefined();
  history('one').add('suspend-costs', 40);
  history('two').add('suspend-costs', 90);
  history('three', 'embedded').add('suspend-costs', 900);
  expect(history('new').largestElsewhere('suspend-costs')).toBe(90);
  expect(history('two').largestElsewhere('suspend-costs')).toBe(40);
});

test('a suspend costs what it did on the route, else what the dearest other does, else what is assumed', () => {
  expect(suspendCostOf(history('new'), 500)).toEqual({ milliseconds: 500, isMeasured: false });
  for (const cost of [90, 95, 5000]) history('two').add('suspend-costs', cost);
  history('one').add('suspend-costs', 40);
  expect(suspendCostOf(history('new'), 500)).toEqual({ milliseconds: 95, isMeasured: false });
  expect(suspendCostOf(history('one'), 500)).toEqual({ milliseconds: 40, isMeasured: true });
});

test('a file that is none of its own, or cannot be written, is passed over', () => {
  writeFileSync(join(folder, 'suspend-costs.json'), '{"Xen 4.17 to one": "fast", "Xen 4.17 to two": [1, 2]}');
  expect(history('one').median('suspend-costs')).toBeUndefined();
  expect(history('two').median('suspend-costs')).toBe(1);
  mkdirSync(join(folder, 'line-rates.json'));
  history('one').add('line-rates', 5);
  expect(history('one').median('line-rates')).toBeUndefined();
  expect(readdirSync(folder).sort()).toEqual(['line-rates.json', 'suspend-costs.json']);
});
