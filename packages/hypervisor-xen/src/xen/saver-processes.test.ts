import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anotherSaverOf, helpersAtWork, isBeingSavedLive, stockXlMoving } from './saver-processes.js';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'mig-proc-'));
  mkdirSync(join(proc, 'sys'));
  // A process that ended between two looks.
  mkdirSync(join(proc, '9'));
});
afterEach(() => rmSync(proc, { recursive: true }));

function running(pid: number, ...words: string[]): void {
  mkdirSync(join(proc, String(pid)));
  writeFileSync(join(proc, String(pid), 'cmdline'), words.map((word) => `${word}\0`).join(''));
}

const LIVE = ['--save-domain', '12', '13', '7', '1', '503', '0'];

test.each([
  ["stock's", ['/usr/lib/xen-4.17/bin/libxl-save-helper', ...LIVE]],
  ['ours', ['/usr/bin/node', '/usr/local/bin/xl-save-helper', ...LIVE]],
])('a live save by a helper of %s', (_, words) => {
  running(100, 'bash');
  running(4242, ...words);
  expect(isBeingSavedLive(7, proc)).toBe(true);
  expect(isBeingSavedLive(12, proc)).toBe(false);
});

test.each([
  ['one that is not live', ['helper', '--save-domain', '12', '13', '7', '0', '503', '0']],
  ['a restore', ['helper', '--restore-domain', '12', '-1', '7', '1', '0', '2', '0', '503', '0']],
  ['an option of that name', ['backup', '--save-domain', '7']],
  ['nothing', ['init']],
])('%s is none', (_, words) => {
  running(4242, ...words);
  expect(isBeingSavedLive(7, proc)).toBe(false);
});

test('all that are at work are told, and what for', () => {
  running(100, 'bash');
  running(4242, 'helper', ...LIVE);
  running(4243, 'helper', '--restore-domain', '12', '-1', '9', '1', '0', '2', '0', '503', '0');
  expect(helpersAtWork(proc)).toEqual([
    { pid: 4242, domid: 7, mode: 'save', live: true },
    { pid: 4243, domid: 9, mode: 'restore', live: false },
  ]);
});

test.each([
  ['kthreadd', false],
  ['sh', true],
])("children of process 2 are looked at unless they are the kernel's: %s", (name, isSaved) => {
  running(2);
  mkdirSync(join(proc, '2/task/2'), { recursive: true });
  writeFileSync(join(proc, '2/comm'), `${name}\n`);
  writeFileSync(join(proc, '2/task/2/children'), '3 4242 ');
  running(4242, 'helper', ...LIVE);
  running(4243, 'init');
  expect(isBeingSavedLive(7, proc)).toBe(isSaved);
});

describe('another saver of a domain', () => {
  const SELF = 4242;

  /** A process with its parent; the first of them is started by init. */
  function child(parent: number, pid: number, ...words: string[]): void {
    running(pid, ...words);
    const stat = `${pid} (helper) S ${parent} 70 70 0 -1 ${'0 '.repeat(40)}\n`;
    writeFileSync(join(proc, String(pid), 'stat'), stat);
  }

  function self(parent: number, tracer = 0): void {
    child(parent, SELF, 'helper', ...LIVE);
    writeFileSync(join(proc, String(SELF), 'status'), `Name:\tnode\nTracerPid:\t${tracer}\nUid:\t0\n`);
    symlinkSync(String(SELF), join(proc, 'self'));
  }

  test('is none of what wraps this process, nor what that has forked', () => {
    child(1, 4200, 'xl', 'migrate', 'busy', 'host2');
    child(4200, 4240, 'strace', '-f', 'helper', ...LIVE);
    child(4240, 4241, 'bash', '/root/helper', ...LIVE);
    child(4241, 4243, 'bash', '/root/helper', ...LIVE);
    self(4241);
    expect(anotherSaverOf(7, proc)).toBeUndefined();
  });

  test('is not what traces this process', () => {
    child(1, 4250, 'strace', '-D', 'helper', ...LIVE);
    self(1, 4250);
    expect(anotherSaverOf(7, proc)).toBeUndefined();
  });

  test.each([
    ['a save that another process has started', LIVE, 4250],
    ['a restore', ['--restore-domain', '12', '-1', '7', '1', '0', '2', '0', '503', '0'], undefined],
    ['a save of another domain', LIVE.with(3, '8'), undefined],
  ])('%s: %j is %j', (_, words, found) => {
    child(1, 4200, 'xl', 'migrate', 'busy', 'host2');
    child(4200, 4241, 'bash', '/root/helper', ...LIVE);
    self(4241);
    child(4200, 4250, 'helper', ...words);
    expect(anotherSaverOf(7, proc)).toBe(found);
  });

  test('is unknown where this process cannot be told', () => {
    expect(() => anotherSaverOf(7, proc)).toThrow('self cannot be read (ENOENT)');
  });

  test('is found where the parent of neither can be told', () => {
    running(4250, 'helper', ...LIVE);
    running(SELF, 'helper', ...LIVE);
    symlinkSync(String(SELF), join(proc, 'self'));
    expect(anotherSaverOf(7, proc)).toBe(4250);
  });
});

test.each([
  [
    'a process',
    () => mkdirSync(join(proc, '4242', 'cmdline'), { recursive: true }),
    'cmdline cannot be read (EISDIR)',
  ],
  ['the processes', () => rmSync(proc, { recursive: true }), 'cannot be read (ENOENT)'],
])('%s that cannot be looked at is not none', (_, prepare, message) => {
  prepare();
  expect(() => isBeingSavedLive(7, proc)).toThrow(message);
  mkdirSync(proc, { recursive: true });
});

describe('a stock xl', () => {
  test.each([
    [['xl', 'migrate', 'busy', 'host2']],
    [['/usr/sbin/xl', '-vvv', '-t', 'migrate', '--live', '-s', '', '-C', 'other.cfg', 'busy', 'host2']],
    [['xl', 'mig', '-pC', 'other.cfg', '7', 'host2']],
    [['xl', 'save', '-c', 'busy', 'image', 'busy.cfg']],
    [['xl', 'save', 'bürö', 'image']],
  ])('%j moves it', (words) => {
    running(100, 'bash');
    running(4242, ...words);
    expect(stockXlMoving(['busy', 'bürö', '7'], proc)).toBe(4242);
  });

  test.each([
    ['/usr/lib/x86_64-linux-gnu/libxenlight.so.4.20.0', 4242],
    ['/usr/lib/x86_64-linux-gnu/libc.so.6', undefined],
  ])('under another name it is known by %s', (library, found) => {
    running(100, '/usr/sbin/xl.stock', 'list');
    running(4242, '/usr/sbin/xl.stock', 'migrate', 'busy', 'host2');
    const mapped = `7f2c5a1d4000-7f2c5a1f0000 r--p 00000000 fe:01 1311 ${library}\n`;
    writeFileSync(join(proc, '4242', 'maps'), mapped);
    expect(stockXlMoving(['busy'], proc)).toBe(found);
  });

  test.each([
    [['xl', 'migrate', 'other', 'busy']],
    [['xl', 'migrate', '-C', 'busy', 'other', 'host2']],
    [['xl', 'migrate-receive', 'busy']],
    [['xl', 'create', 'busy']],
    [['xl', 's', 'busy']],
    [['xl']],
    [['/usr/bin/node', '/usr/local/lib/mig/bin/xl', 'migrate', 'busy', 'host2']],
    [['/bin/sh', '/usr/local/bin/xl', 'migrate', 'busy', 'host2']],
    [['ssh', 'host2', 'xl', 'save', 'busy', 'image']],
  ])('%j does not', (words) => {
    running(4242, ...words);
    expect(stockXlMoving(['busy', '7'], proc)).toBeUndefined();
  });
});
