import { HostError } from '@mig/hypervisor';
import { codeOf } from './error-code.js';
import { isAlive, type NotedIdentity } from './process-identity.js';

/** Time for the process to end by itself, and then to be gone, in milliseconds. */
const GRACE = 5_000;
const LAST = 10_000;
const POLL = 2;

/** Error codes of a process that does not answer; any other error is its refusal. */
const SPEECHLESS = ['domain-died', 'unavailable'];

/**
 * Ends a domain's process, and returns once it is gone.
 * @param ask asks the process to end; a process that does not answer is ended by force
 * @throws HostError where the process refuses; `unavailable` where it does not end, or cannot be seen any
 * more; `no-permission`
 */
export function endProcess(owner: NotedIdentity, ask?: () => void): void {
  if (ask !== undefined) {
    try {
      ask();
      if (gone(owner, GRACE)) return;
    } catch (error) {
      if (!(error instanceof HostError && SPEECHLESS.includes(error.code))) throw error;
    }
  }
  if (isAlive(owner)) kill(owner.pid);
  if (gone(owner, LAST)) return;
  throw new HostError('unavailable', `process ${owner.pid} of the domain does not end, even by SIGKILL`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    const code = codeOf(error);
    // The process has gone since it was looked at.
    if (code === 'ESRCH') return;
    const forbidden = code === 'EPERM' || code === 'EACCES';
    const message = `process ${pid} of the domain cannot be killed (${code})`;
    throw new HostError(forbidden ? 'no-permission' : 'unavailable', message, { cause: error });
  }
}

/**
 * Waits for the process to disappear: it is not a child of this one, so there is nothing else to wait for.
 */
function gone(owner: NotedIdentity, milliseconds: number): boolean {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + milliseconds;
  while (isAlive(owner)) {
    if (performance.now() >= deadline) return false;
    Atomics.wait(word, 0, 0, POLL);
  }
  return true;
}
