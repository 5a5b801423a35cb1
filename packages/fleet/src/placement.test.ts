import { describe, expect, test } from 'vitest';
import { domain, host } from './fleet.test-support.js';
import type { FleetHost } from './inventory.js';
import { choosePlacement, inOrder, namePattern } from './placement.js';

const small = host('small', [], { freeMemory: 2000 });
const large = host('large', [], { freeMemory: 9000 });
const none = { underway: [], in: 2 };

describe('a target', () => {
  test('is that with most memory left', () => {
    expect(choosePlacement(domain('a'), { ...none, targets: [small, large] })).toEqual({
      kind: 'target',
      target: 'large',
    });
  });

  test('is that which was chosen before, unless it does not take the domain any more', () => {
    const planned = { ...domain('a'), target: 'small' };
    const choose = (targets: readonly FleetHost[], unfit = {}) =>
      choosePlacement(planned, { ...none, targets }, unfit);
    expect(choose([large, small])).toEqual({ kind: 'target', target: 'small' });
    expect(choose([large, { ...small, closed: 'it is cordoned' }])).toMatchObject({ target: 'large' });
    expect(choose([large, small], { small: 'its Xen is older' })).toMatchObject({ target: 'large' });
    expect(choose([large])).toMatchObject({ target: 'large' });
  });

  test('has no place for what is on its way there already, unless the look counts it', () => {
    const coming = domain('coming', { memory: 1200 });
    const underway = [{ domain: coming, target: 'small' }];
    expect(choosePlacement(domain('a'), { underway, in: 2, targets: [small] })).toEqual({
      kind: 'none',
      why: 'small: it needs 1037 MiB, and 785 MiB are free',
    });
    const seen = { ...small, domains: [{ ...coming, presence: 'arriving' as const }] };
    expect(choosePlacement(domain('a'), { underway, in: 2, targets: [seen] }).kind).toBe('target');
    expect(choosePlacement(domain('a'), { underway, in: 1, targets: [seen] }).kind).toBe('full');
  });

  test('is none that is closed, unfit, or has one that is to be kept apart', () => {
    const closed = { ...large, name: 'closed', closed: 'it is cordoned' };
    const taken = host('taken', [domain('db1', { apart: 'db' })]);
    const targets = [closed, taken, { ...large, name: 'old' }];
    expect(
      choosePlacement(domain('db2', { apart: 'db' }), { ...none, targets }, { old: 'its Xen is older' }),
    ).toEqual({
      kind: 'none',
      why: 'closed: it is cordoned; taken: db1 is there, which is to be kept apart from it (db); old: its Xen is older',
    });
    const left = host('left', [domain('db1', { apart: 'db', presence: 'away' })]);
    expect(choosePlacement(domain('db2', { apart: 'db' }), { ...none, targets: [left] }).kind).toBe('target');
  });
});

test.each([
  ['largest', ['c', 'a', 'b']],
  ['smallest', ['b', 'a', 'c']],
  ['priority', ['b', 'c', 'a']],
] as const)('in the order %s', (order, expected) => {
  const domains = [
    domain('b', { memory: 1, priority: 9 }),
    domain('c', { memory: 3 }),
    domain('a', { memory: 2 }),
  ];
  expect(inOrder(domains, order).map(({ name }) => name)).toEqual(expected);
});

test.each([
  ['web*', 'web1', true],
  ['web?', 'web12', false],
  ['a.b', 'axb', false],
  ['*', '', true],
])('the pattern %s of %j', (pattern, name, expected) => expect(namePattern([pattern])(name)).toBe(expected));
