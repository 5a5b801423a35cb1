import { HostError } from '@mig/hypervisor';
import { pause, tryLockDescriptor } from '@mig/posix';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { codeOf } from './error-code.js';

/** Timeout of the lock in milliseconds; twice that is less than a toolstack waits for a domain's answer. */
const TIMEOUT = 9_000;
const MOMENT = 1000;
const POLL = 5;

/** The lock of a host: needed to take domids, names and UUIDs, and to remove the rest of a domain. */
export class HostLock {
  constructor(private readonly path: string) {}

  /**
   * Runs the action under the lock; blocks until it is free.
   * @throws HostError `unavailable` where it is not free in time
   */
  locked<T>(action: () => T): T {
    return this.#within(TIMEOUT, action, () => this.#refuse());
  }

  /** Runs the action under the lock, unless another process has it for longer than a moment. */
  ifFree<T>(action: () => T): T | undefined {
    return this.#within(MOMENT, action, () => undefined);
  }

  #within<T, E>(milliseconds: number, action: () => T, otherwise: () => E): T | E {
    const fd = this.#open();
    try {
      const deadline = performance.now() + milliseconds;
      while (!tryLockDescriptor(fd)) {
        if (performance.now() >= deadline) return otherwise();
        pause(POLL);
      }
      return action();
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Runs the action under the lock, waiting without blocking: a domain's process must answer while others
   * have the lock.
   * @throws HostError `unavailable` where it is not free in time
   */
  async soonLocked<T>(action: () => T): Promise<T> {
    const fd = this.#open();
    try {
      const deadline = performance.now() + TIMEOUT;
      while (!tryLockDescriptor(fd)) {
        if (performance.now() >= deadline) this.#refuse();
        await setTimeout(POLL);
      }
      return action();
    } finally {
      closeSync(fd);
    }
  }

  #refuse(): never {
    throw new HostError(
      'unavailable',
      `another process has held ${resolve(this.path)} for ${TIMEOUT / 1000} s`,
    );
  }

  #open(): number {
    try {
      return openSync(this.path, 'a', 0o600);
    } catch (error) {
      const message = `${this.path} cannot be opened (${codeOf(error)})`;
      throw new HostError('unavailable', message, { cause: error });
    }
  }
}
