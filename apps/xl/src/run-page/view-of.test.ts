import { describe, expect, test } from 'vitest';
import { hostsOf, type ViewInput, viewOf } from './view-of.js';
import { domain, inputOf, NOW, runOf, statusOf } from './view.test-support.js';

const link = 125_000_000;

describe('a domain', () => {
  const rowOf = (each: ReturnType<typeof domain>, more: Partial<ViewInput> = {}) =>
    viewOf(inputOf(runOf([each], { link }), more)).domains[0];

  test('that moves shows its pass, its rate and its downtime by estimate', () => {
    expect(rowOf(domain('b', 'moving'), { statusOf: () => statusOf() })).toMatchObject({
      words: 'moves to left: has its turn',
      pass: { percent: 25, words: '25 % of pass 1' },
      rate: '100.0 MiB/s',
      estimate: 'downtime at most 300 ms',
      downtime: undefined,
    });
  });

  test.for([
    ['in its first pass', { iteration: 0 }, 'moves to left: precopy'],
    ['held after it', { held: true }, 'moves to left: waits its turn'],
    ['standing still', { phase: 'stop-and-copy' as const }, 'moves to left: stop-and-copy'],
  ] as const)('%s says so', ([, status, words]) => {
    expect(rowOf(domain('b', 'moving'), { statusOf: () => statusOf(status) })).toMatchObject({ words });
  });

  test('has no turn where no line is shared', () => {
    const view = viewOf(inputOf(runOf([domain('b', 'moving')]), { statusOf: () => statusOf() }));
    expect(view.domains[0]).toMatchObject({ words: 'moves to left: precopy' });
  });

  test('that somebody else moves, or whose migration is not heard, is shown without more', () => {
    expect(rowOf(domain('b', 'moving', { isForeign: true }))).toMatchObject({
      words: 'moves to left, by another command',
      pass: undefined,
    });
  });

  test('that waits says why, and until when', () => {
    const again = NOW + 4000;
    expect(rowOf(domain('b', 'waiting', { why: 'it was too busy', notBefore: again }))).toMatchObject({
      words: 'waits',
      why: 'it was too busy',
      again,
    });
    expect(rowOf(domain('b', 'waiting', { notBefore: NOW }))).toMatchObject({ again: undefined });
  });

  test('that has moved shows its downtime', () => {
    expect(rowOf(domain('b', 'moved'), { downtimes: { 'uuid-of-b': 120 } })).toMatchObject({
      words: 'runs at left',
      downtime: '120 ms',
    });
  });
});

test('who needs a person comes first, who has moved last', () => {
  const states = ['moved', 'waiting', 'moving', 'person', 'stayed', 'gone', 'asking'] as const;
  const view = viewOf(inputOf(runOf(states.map((state) => domain(state, state)))));
  expect(view.domains.map(({ state }) => state)).toEqual([
    ...['person', 'gone', 'moving', 'asking', 'waiting', 'stayed', 'moved'],
  ]);
  expect(view).toMatchObject({
    moved: 1,
    total: 7,
    isBad: true,
    summary: '2 moving, 1 waiting, 1 stayed, 1 gone, 1 for a person to look at',
  });
});

describe('the stage of a run', () => {
  const run = runOf([domain('a', 'moved'), domain('b')]);
  test.for([
    ['under way', {}, 'running', ['pause', 'abort']],
    ['paused', { wanted: 'pause' }, 'paused', ['go', 'abort']],
    ['being aborted', { wanted: 'abort' }, 'aborting', []],
    ['without a controller', { isControlled: false }, 'unattended', ['pause', 'abort']],
    ['paused without a controller', { isControlled: false, wanted: 'pause' }, 'unattended', ['go', 'abort']],
    ['aborted without a controller', { isControlled: false, wanted: 'abort' }, 'unattended', ['abort']],
    ['over', { ended: NOW, isControlled: false }, 'over', []],
  ] as const)('%s', ([, more, stage, orders]) => {
    expect(viewOf(inputOf(run, more))).toMatchObject({ stage, orders });
  });

  test('gives no orders where the page is read-only', () => {
    expect(viewOf(inputOf(run, { control: false })).orders).toEqual([]);
  });

  test('says whether all have moved', () => {
    expect(viewOf(inputOf(run, { ended: NOW }))).toMatchObject({
      words: 'Over: not all have moved',
      isBad: true,
    });
    const done = runOf([domain('a', 'moved')]);
    expect(viewOf(inputOf(done, { ended: NOW }))).toMatchObject({
      words: 'Over: all have moved',
      isBad: false,
    });
  });
});

test('the limits of a run are shown', () => {
  const limits = { link, maxDowntime: 300, order: 'priority' } as const;
  expect(Object.fromEntries(viewOf(inputOf(runOf([], limits))).limits)).toEqual({
    Line: '119.2 MiB/s for all',
    'At once': '2 leave, 2 arrive at a target',
    Downtime: 'at most 300 ms',
    Order: 'by priority',
  });
});

test('domains that are brought back leave the hosts where they are', () => {
  const run = runOf([domain('a'), domain('b')], { targets: ['source'] });
  const from = { 'uuid-of-a': 'left', 'uuid-of-b': 'right' };
  expect(hostsOf({ run, name: 'source', from })).toEqual([
    { name: 'left', role: 'from' },
    { name: 'right', role: 'from' },
    { name: 'source', role: 'to' },
  ]);
  expect(viewOf(inputOf(run, { back: '1', from })).title).toBe('Bringing domains back to source');
});
