import { makeInheritable } from './descriptors.js';
import { attempt, call } from './libc.js';
import { addressOf } from './mapping.js';

const SIGPIPE = 13;
const SIGXFSZ = 25;
const SIG_DFL = 0;
const NUL = Uint8Array.of(0);

/**
 * Leaves the terminal and the process group that this process was started in: a Ctrl-C there no longer reaches it.
 * @throws PosixError EPERM for the leader of a group
 */
export function newSession(): void {
  call('setsid', 'session');
}

/**
 * Notes in the environment that this process is about to become another program.
 * @param variable names the environment's variable
 * @returns false where this process has noted so before: the other program has become this one again
 */
export function noteHandOver(variable: string): boolean {
  const self = String(process.pid);
  if (process.env[variable] === self) return false;
  process.env[variable] = self;
  return true;
}

/**
 * Becomes another program, with this process's standard streams and environment.
 * @param argv its arguments, its name first: text, or octets as they are
 * @throws PosixError where it cannot be run
 */
export function execute(path: string, argv: readonly (string | Uint8Array)[]): never {
  for (const fd of [0, 1, 2]) makeInheritable(fd);
  // Node ignores them, and a program inherits what is ignored.
  for (const signal of [SIGPIPE, SIGXFSZ]) attempt('signal', signal, SIG_DFL);
  const words = argv.map((word) => Buffer.concat([Buffer.from(word), NUL]));
  call('execv', path, path, BigUint64Array.from([...words.map((word) => BigInt(addressOf(word))), 0n]));
  throw new Error(`execv ${path} has returned`);
}

/**
 * Ends this process, from any of its threads, with nothing of what Node does then: no handlers run, and what was written
 * to Node's streams and is still in their buffers is lost.
 */
export function exitAtOnce(status: number): never {
  attempt('_exit', status);
  throw new Error('_exit has returned');
}
