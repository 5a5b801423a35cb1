/** Measures the rate of the connection that a migration would use. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { awaitSignal } from './connecting.js';
import { likelyCause } from './early-end.js';
import { endFamily } from './end-family.js';
import { runeEnvironment, SHELL } from './transport.js';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';
import { Relay } from '../output/relay.js';

/** Sending time in milliseconds. */
const LONG_ENOUGH = 2000;
/**
 * Octets per write: random, because ssh may compress; few enough for a slow link to take them within the
 * timeout.
 */
const PORTION = 1 << 18;
/** The line that says that the connection is open; from then on the other end reads. */
const OPENED = 'mig-link';
const REMOTE = `'echo ${OPENED}; cat > /dev/null'`;
const GREETING_OF_TERMINAL = `${OPENED}\r`;

/** Timeouts in milliseconds: for the connection to open, login included, and for it to take what is sent. */
export interface LinkTimeouts {
  readonly banner: number;
  readonly progress: number;
}

/**
 * Sends for two seconds, and waits until all of it has arrived.
 * @param sshCommand as `-s` has it; not empty
 * @returns octets per second
 * @throws Failure where the command fails or does not go on in time, and at a signal
 */
export async function linkSpeed(
  sshCommand: string,
  host: string,
  timeout: LinkTimeouts,
  log: Log,
): Promise<number> {
  const { signal: stopped, end } = awaitSignal();
  const words = new Relay(log);
  const child = spawn(SHELL, ['-c', `exec ${sshCommand} ${host} ${REMOTE}`], {
    env: runeEnvironment(sshCommand),
    stdio: ['pipe', 'pipe', words.descriptor],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  words.started();
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  // If it ends early, `ended` tells why.
  child.stdin.on('error', () => undefined);
  const failure = (how: string) =>
    new Failure(
      `the speed of the link to ${host} could not be measured: ${sshCommand} ${how}. --link says it instead`,
    );
  const within = async <T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> => {
    const late = new AbortController();
    const expired = setTimeout(milliseconds, undefined, { signal: late.signal }).then(() => {
      throw failure(`${what} within ${milliseconds / 1000} s`);
    });
    try {
      return await Promise.race([promise, expired, stopped]);
    } finally {
      late.abort();
    }
  };

  try {
    const said = await within(
      timeout.banner,
      'did not get there',
      Promise.race([opened(child.stdout), ended]),
    );
    if (said === GREETING_OF_TERMINAL)
      throw failure('has a terminal between the two ends (-T goes without one)');
    const portion = randomBytes(PORTION);
    const began = performance.now();
    let octets = 0;
    while (isAlive(child) && performance.now() - began < LONG_ENOUGH) {
      const taken = new Promise<void>((resolve) => child.stdin.write(portion, () => resolve()));
      await within(timeout.progress, `took less than ${PORTION / 1024} KiB`, Promise.race([taken, ended]));
      octets += portion.length;
    }
    child.stdin.end();
    const [status, signal] = await within(timeout.progress, 'did not take the rest', ended);
    if (status !== 0) {
      if (signal !== null) throw failure(`died of ${signal}`);
      await words.finish();
      const cause = likelyCause({ status, said: words.said }, { sshCommand, host });
      throw failure(`exited with error status ${status}${cause === undefined ? '' : ` (${cause})`}`);
    }
    return (octets / (performance.now() - began)) * 1000;
  } finally {
    if (isAlive(child)) await endFamily(child.pid);
    child.stdin.destroy();
    child.stdout.destroy();
    await words.finish();
    end();
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** @returns the line that says that the connection is open, with its end; undefined if it does not come */
async function opened(stdout: NodeJS.ReadableStream): Promise<string | undefined> {
  // Greetings of any length may come before it.
  let last = '';
  for await (const octets of stdout) {
    const said = last + String(octets);
    const at = said.search(new RegExp(`${OPENED}[\\r\\n]`));
    if (at >= 0) return said.slice(at, at + OPENED.length + 1);
    last = said.slice(-OPENED.length);
  }
  return undefined;
}
