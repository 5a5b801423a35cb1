/**
 * One lock for the domains of this host among all mig processes: a process that judges a domain by its
 * record acts before it releases the lock. It is a file lock, not a transaction of xenstore, which would
 * not cover the calls of Xen and libxl. The kernel releases it when a process dies.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { pause, tryLockDescriptor } from '@mig/posix';

/**
 * Timeout of the lock in milliseconds: actions are short; a longer one is stuck, or its process is stopped.
 */
const LONGEST_WAIT = 30_000;
const BETWEEN_TRIES = 5;

export class HostLock {
  readonly #path: string;

  /** @param folder created for its owner alone if it is missing */
  constructor(
    private readonly folder: string,
    private readonly longestWait = LONGEST_WAIT,
  ) {
    this.#path = join(folder, 'domains.lock');
  }

  /** @throws HostError `unavailable` where it cannot be had; what the action throws */
  locked<T>(action: () => T): T {
    const fd = this.#open();
    try {
      const deadline = performance.now() + this.longestWait;
      while (!tryLockDescriptor(fd)) {
        if (performance.now() > deadline) {
          throw new HostError(
            'unavailable',
            `another process of mig does not give back the lock ${this.#path}`,
          );
        }
        pause(BETWEEN_TRIES);
      }
      return action();
    } finally {
      closeSync(fd);
    }
  }

  #open(): number {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      return openSync(this.#path, 'a', 0o600);
    } catch (cause) {
      const why = messageOf(cause);
      throw new HostError('unavailable', `${this.#path} cannot be opened: ${why}`, { cause });
    }
  }
}
