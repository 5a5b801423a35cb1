import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { livenessOf, thisProcess } from './holder.js';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'mig-proc-'));
  mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
  mkdirSync(join(proc, 'self/ns'), { recursive: true });
  writeFileSync(join(proc, 'sys/kernel/random/boot_id'), 'boot-1\n');
  symlinkSync('pid:[1]', join(proc, 'self/ns/pid'));
  writeFileSync(join(proc, 'self/stat'), stat(70, 'R', 500));
  running(70, 'S', 500);
});
afterEach(() => rmSync(proc, { recursive: true }));

function stat(pid: number, state: string, startTime: number): string {
  return `${pid} (a) (b) ${state} 1 ${'0 '.repeat(17)}${startTime} 0\n`;
}

function running(pid: number, state: string, startTime: number): void {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  writeFileSync(join(proc, String(pid), 'stat'), stat(pid, state, startTime));
}

test('a process tells what it is told from any other by', () => {
  const identity = { pid: 70, startTime: 500, bootId: 'boot-1', pidNamespace: 'pid:[1]' };
  expect(thisProcess(proc)).toEqual(identity);
  expect(livenessOf(identity, proc)).toBe('alive');
  expect(livenessOf(thisProcess())).toBe('alive');
});

test.each([
  ['it is gone', { pid: 71 }],
  ['its pid is used again', { startTime: 499 }],
  ['the machine was started again', { bootId: 'boot-0' }],
])('it is dead where %s', (_, other) => {
  expect(livenessOf({ ...thisProcess(proc), ...other }, proc)).toBe('dead');
});

test.each(['Z', 'X'])('it is dead where its parent has not asked yet: %s', (state) => {
  running(70, state, 500);
  expect(livenessOf(thisProcess(proc), proc)).toBe('dead');
});

test('it may be alive where its processes cannot be seen from here', () => {
  expect(livenessOf({ ...thisProcess(proc), pidNamespace: 'pid:[2]' }, proc)).toBe('unknown');
  const identity = thisProcess(proc);
  unlinkSync(join(proc, '70/stat'));
  mkdirSync(join(proc, '70/stat'));
  expect(livenessOf(identity, proc)).toBe('unknown');
});
