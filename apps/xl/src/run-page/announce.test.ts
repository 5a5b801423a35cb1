import type { RunDomain } from '@mig/fleet';
import { expect, test } from 'vitest';
import { announcement } from './announce.js';
import { type ViewInput, viewOf } from './view-of.js';
import { domain, inputOf, runOf } from './view.test-support.js';

const view = (domains: RunDomain[], more: Partial<ViewInput> = {}) => viewOf(inputOf(runOf(domains), more));
const begun = [domain('a', 'moving'), domain('b')];
const { announced } = announcement(view(begun), undefined, 0);

test('at first nothing is said: the page itself is read', () => {
  expect(announcement(view(begun), undefined, 0).words).toBeUndefined();
});

test('a new stage is said at once', () => {
  expect(announcement(view(begun, { wanted: 'pause' }), announced, 1).words).toBe(
    'Paused: running migrations go on, no other begins. 0 of 2 domains moved.',
  );
});

test('trouble is said at once, and once', () => {
  const troubled = view([domain('a', 'person', { why: 'look at both' }), domain('b')]);
  const first = announcement(troubled, announced, 1);
  expect(first.words).toBe('a needs a person to look: look at both. 0 of 2 domains moved.');
  expect(announcement(troubled, first.announced, 100_000).words).toBeUndefined();
});

test('much trouble is said in few words', () => {
  const all = ['a', 'b', 'c', 'd'].map((name) => domain(name, 'stayed'));
  expect(announcement(view(all), announced, 1).words).toBe('4 domains did not move. 0 of 4 domains moved.');
});

test('progress is said now and then', () => {
  const further = view([domain('a', 'moved'), domain('b')]);
  expect(announcement(further, announced, 29_999).words).toBeUndefined();
  expect(announcement(further, announced, 30_000).words).toBe('1 of 2 domains moved.');
  expect(announcement(view(begun), announced, 90_000).words).toBeUndefined();
});
