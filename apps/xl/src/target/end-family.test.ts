import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { endFamily } from './end-family.js';

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // As it should be.
    }
  }
});

/**
 * A shell that waits for another process, and does not end by itself where that has ended before the signal comes to the
 * shell. @returns both, once they are there
 */
async function family(before = ''): Promise<{ shell: ChildProcess; other: number }> {
  const script = `${before} sleep 600 & echo $!; wait; exec sleep 600`;
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const other = Number(line.toString());
  started.push(shell.pid!, other);
  return { shell, other };
}

/** A dead one that nobody has asked about has no command line any more. */
function isThere(pid: number): boolean {
  return commandLineOf(pid) !== '';
}

const ends: readonly {
  readonly what: string;
  readonly before?: string;
  readonly stopped?: true;
  readonly signal: NodeJS.Signals;
}[] = [
  { what: 'what heeds SIGTERM', signal: 'SIGTERM' },
  { what: 'what is stopped', stopped: true, signal: 'SIGTERM' },
  { what: 'what ignores SIGTERM', before: "trap '' TERM;", signal: 'SIGKILL' },
];

test.each(ends)('$what is ended, and what it has started', async ({ before, stopped, signal }) => {
  const { shell, other } = await family(before);
  const exit = once(shell, 'exit');
  if (stopped) process.kill(other, 'SIGSTOP');
  // Whoever heeds it needs no grace; whoever does not is waited for in vain.
  await endFamily(shell.pid, signal === 'SIGKILL' ? 50 : 30_000);
  expect(await exit).toEqual([null, signal]);
  expect(isThere(other)).toBe(false);
});

test('what is started meanwhile is ended, too', async () => {
  // Some of them are about to start another when they are looked at.
  for (let round = 0; round < 20; round++) {
    const argument = `600.${process.pid}${round}`;
    const script = `echo; i=0; while [ $i -lt 300 ]; do sleep ${argument} & i=$((i + 1)); done; wait`;
    const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(shell, 'exit');
    await once(shell.stdout, 'data');
    await endFamily(shell.pid, 30_000);
    await exit;
    const left = processes().filter((pid) => commandLineOf(pid) === `sleep\0${argument}\0`);
    started.push(...left);
    expect(left).toEqual([]);
  }
});

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('what is gone already is no matter', async () => {
  const { shell } = await family();
  const exit = once(shell, 'exit');
  await endFamily(shell.pid);
  await exit;
  await endFamily(shell.pid);
  await endFamily(undefined);
});

test('what a shell leaves that heeds SIGTERM itself is ended all the same', async () => {
  const { shell, other } = await family("trap '' TERM; sleep 600 & trap - TERM;");
  const exit = once(shell, 'exit');
  await endFamily(shell.pid, 50);
  expect(await exit).toEqual([null, 'SIGTERM']);
  expect(isThere(other)).toBe(false);
});
