import { HostError } from '@mig/hypervisor';
import { pause, tryLockDescriptor } from '@mig/posix';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { codeOf } from './error-code.js';

/** Milliseconds for the lock to be had; twice that is less than a toolstack waits for a domain's answer. */
const TIMEOUT = 9_000;
const MOMENT = 1000;
const POLL = 5;

/** The lock of a host: whoever has it takes domids, names and UUIDs, or removes what is left of a domain. */
export class HostLock {
  constructor(private readonly path: string) {}

  /**
   * Runs the action while this process has the lock; blocks until it has.
   * @throws HostError `unavailable` where it is not to be had in time
   */
  locked<T>(action: () => T): T {
    return this.#within(TIMEOUT, action, () => this.#refuse());
  }

  /** Runs the action while this process has the lock, unless another has it for longer than a moment. */
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
   * Runs the action while this process has the lock, and waits for it without blocking: a domain's process answers while
   * somebody else has the lock.
   * @throws HostError `unavailable` where it is not to be had in time
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
