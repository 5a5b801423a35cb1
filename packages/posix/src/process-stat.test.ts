import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseProcessStat } from './process-stat.js';

const line = (pid: string, command: string, state: string, startTime: string) =>
  `${pid} (${command}) ${state} 69 70 70 0 -1 4194560 1 0 0 0 5 3 0 0 20 0 11 0 ${startTime} 1 1 ` +
  '18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 2 0 0 0 0 0 0 0 0 0 0 0\n';

test.each([
  ['node', 'S', false],
  ['a) R 1 (b', 'T', false],
  ['Z) Z', 'Z', true],
  ['', 'X', true],
])('of a process called %j', (command, state, hasEnded) => {
  const stat = { pid: 70, parent: 69, state, startTime: 500, policy: 2, hasEnded };
  expect(parseProcessStat(line('70', command, state, '500'))).toEqual(stat);
});

test.each([
  '',
  'x',
  line('', 'node', 'R', '500'),
  line('70', 'node', '', '500'),
  line('70', 'node', 'R', ''),
])('%j is none of procfs', (text) => expect(parseProcessStat(text)).toBeUndefined());

test('of this process', () => {
  const stat = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
  expect(stat).toMatchObject({ pid: process.pid, parent: process.ppid, hasEnded: false });
});
