import { waiting } from '@mig/fleet';
import { expect, test } from 'vitest';
import { runTable } from './run-table.js';

const one = (name: string) => waiting({ uuid: `uuid-of-${name}`, name, memory: 1024, vcpus: 1, priority: 0 });
const run = {
  id: '20261201-090000',
  options: { targets: ['left'], out: 2, in: 2, order: 'largest', leave: [] },
  began: 0,
  resting: {},
  domains: [
    { ...one('a'), state: 'moved', target: 'left' },
    one('b'),
    { ...one('c'), state: 'person', why: 'it is here and at left: look at both' },
  ],
} as const;
const options = { statusOf: () => undefined, downtimes: { 'uuid-of-a': 120 } };

test('who needs a person comes first, who has moved last', () => {
  expect(runTable(run, options)).toEqual([
    'DOMAIN   MEMORY  STATE    HOST  DONE  RATE  DOWNTIME',
    'c       1.0 GiB  unknown  -        -     -         -  it is here and at left: look at both',
    'b       1.0 GiB  waits    -        -     -         -',
    'a       1.0 GiB  moved    left     -     -    120 ms',
    'Run 20261201-090000: 1 of 3 moved, 1 waiting, 1 for a person to look at.',
  ]);
});

test('it fits a terminal', () => {
  const lines = runTable(run, { ...options, width: 40, rows: 5 });
  expect(Math.max(...lines.slice(0, -2).map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(lines).toHaveLength(5);
  expect(lines.at(-2)).toBe('... and 1 more');
});
