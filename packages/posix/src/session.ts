import { makeInheritable } from './descriptors.js';
import { attempt, call } from './libc.js';
import { addressOf } from './mapping.js';

const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_DFL = 0;
const NUL = Uint8Array.of(0);

/**
 * Leaves the terminal and the process group in which this process was started: a Ctrl-C there no longer
 * reaches it.
 * @throws PosixError EPERM for the leader of a group
 */
export function newSession(): void {
  call('setsid', 'session');
}

/**
 * Notes in the environment that this process is about to become another program.
 * @param variable name of the environment variable
 * @returns false if this process has noted so before: the other program has become this one again
 */
export function noteHandOver(variable: string): boolean {
  const self = String(process.pid);
  if (process.env[variable] === self) return false;
  process.env[variable] = self;
  return true;
}

/**
 * Becomes another program, with this process's standard streams and environment.
 * @param argv its arguments, with its name first: text, or raw octets
 * @throws PosixError if it cannot be run
 */
export function execute(path: string, argv: readonly (string | Uint8Array)[]): never {
  for (const fd of [0, 1, 2]) makeInheritable(fd);
  // Node ignores these signals, and a program would inherit that.
  for (const signal of [SIGPIPE, SIGXFSZ]) attempt('signal', signal, SIG_DFL);
  const words = argv.map((word) => Buffer.concat([Buffer.from(word), NUL]));
  call('execv', path, path, BigUint64Array.from([...words.map((word) => BigInt(addressOf(word))), 0n]));
  throw new Error(`execv ${path} has returned`);
}

/**
 * Ends this process, from any of its threads, without Node's own steps: no handlers run, and what is still in
 * the buffers of Node's streams is lost.
 */
export function exitAtOnce(status: number): never {
  attempt('_exit', status);
  throw new Error('_exit has returned');
}
