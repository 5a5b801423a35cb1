import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimeoutError } from '@mig/posix';
import { SilentHelper } from './silent-helper.js';

const [HELPER, LIBXL] = [4242, 4000];
const timeout = { what: 'the stream took no bytes', milliseconds: 5000 };

describe('by what the kernel counts', () => {
  let proc: string;
  const clock = { now: 1e6 };
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'mig-proc-'));
    vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
    running(HELPER, { written: 1000 });
    running(LIBXL, { written: 500 });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(proc, { recursive: true });
  });

  function running(pid: number, { written = 0, switches = 1 }): void {
    mkdirSync(join(proc, String(pid)), { recursive: true });
    writeFileSync(join(proc, String(pid), 'io'), `rchar: 7\nwchar: ${written}\nsyscr: 1\n`);
    writeFileSync(join(proc, String(pid), 'status'), `State:\tS\nvoluntary_ctxt_switches:\t${switches}\n`);
  }
  const ended = () => rmSync(join(proc, String(HELPER)), { recursive: true });

  test('what it has written counts from when it was begun with, and stays when it has ended', () => {
    const helper = new SilentHelper(HELPER, LIBXL, proc);
    expect(helper.written).toBe(0);
    running(HELPER, { written: 41_000 });
    expect(helper.written).toBe(40_000);
    ended();
    running(LIBXL, { written: 500 + 41_000 + 24 });
    expect(helper.written).toBe(40_024);
    expect(helper.isGone).toBe(true);
  });

  test('a stream is stalled once neither has moved for so long', () => {
    const helper = new SilentHelper(HELPER, LIBXL, proc);
    const checkAfter = (milliseconds: number) => {
      clock.now += milliseconds;
      helper.checkMoves(timeout);
    };
    checkAfter(0);
    checkAfter(4999);
    // Woken in the middle of a large write.
    running(HELPER, { written: 1000, switches: 2 });
    checkAfter(4000);
    running(LIBXL, { written: 700 });
    checkAfter(4999);
    checkAfter(4999);
    expect(() => checkAfter(1)).toThrow(new TimeoutError(timeout.what, 5000));
  });

  test('one that has ended is not told to', () => {
    const helper = new SilentHelper(HELPER, LIBXL, proc);
    ended();
    expect(helper.stop()).toBe('gone');
  });

  test('one that waits for an answer of libxl is left alone', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const helper = new SilentHelper(HELPER, LIBXL, proc);
    writeFileSync(join(proc, String(HELPER), 'syscall'), '0 0x0 0x7ffd 0x4 0x0\n');
    expect(helper.stop()).toBe('asks');
    expect(kill).not.toHaveBeenCalled();
    writeFileSync(join(proc, String(HELPER), 'syscall'), '20 0x7 0x7ffd 0x4 0x0\n');
    expect(helper.stop()).toBe('told');
    expect(kill).toHaveBeenCalledExactlyOnceWith(HELPER, 'SIGTERM');
  });
});

describe('a real process', () => {
  let child: ChildProcess;
  afterEach(() => child.kill('SIGKILL'));

  test('is seen to write, and to wait', async () => {
    child = spawn('sh', ['-c', 'read go; echo 12345; read end'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const helper = new SilentHelper(child.pid!, process.pid);
    (child.stdin as Writable).write('go\n');
    await once(child.stdout as Readable, 'data');
    expect(helper.written).toBeGreaterThanOrEqual(6);
    // The kernel shows the system call of a process that reads its standard input only to those who may
    // trace it.
    expect(['asks', 'told']).toContain(helper.stop());
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(helper.stop()).toBe('gone');
  });
});
