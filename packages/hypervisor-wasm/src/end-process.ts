import { HostError } from '@mig/hypervisor';
import { isAlive, type ProcessIdentity } from './process-identity.js';

/** Milliseconds for the process to end by itself, and then to be gone. */
const GRACE = 5_000;
const LAST = 10_000;
const POLL = 2;

/**
 * Ends a domain's process, and returns once it is gone.
 * @param ask asks it nicely; a failure to do so is no matter
 */
export function endProcess(owner: ProcessIdentity, ask?: () => void): void {
  if (ask !== undefined) {
    try {
      ask();
      if (gone(owner, GRACE)) return;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }
  if (isAlive(owner)) process.kill(owner.pid, 'SIGKILL');
  if (gone(owner, LAST)) return;
  throw new HostError('unavailable', `process ${owner.pid} of the domain does not end, even by SIGKILL`);
}

/** It is nobody's child here: there is nothing to wait for but its absence. */
function gone(owner: ProcessIdentity, milliseconds: number): boolean {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + milliseconds;
  while (isAlive(owner)) {
    if (performance.now() >= deadline) return false;
    Atomics.wait(word, 0, 0, POLL);
  }
  return true;
}
