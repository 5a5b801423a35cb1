/**
 * Stock `xl`'s lock, held from before domain 0 is asked to release memory until the domain that needs it
 * exists: nobody else takes that memory meanwhile.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { recordLockHolder, tryLockRecord } from '@mig/posix';
import type { Time } from './autoballoon.js';

/** Milliseconds between two tries. */
const BETWEEN_TRIES = 100;

/**
 * @param longestWait milliseconds
 * @throws HostError `unavailable` where the lock cannot be had; what the action and `time.pause` throw
 */
export function withXlLock<T>(path: string, longestWait: number, time: Time, action: () => T): T {
  const fd = open(path);
  try {
    const began = time.now();
    while (!tryLockRecord(fd)) {
      if (time.now() - began >= longestWait) {
        const holder = recordLockHolder(fd);
        throw new HostError(
          'unavailable',
          `${holder === undefined ? 'another process' : `process ${holder}`} makes room for a domain of its own: it has ` +
            `the lock ${path} until that is there (autoballoon, xl.conf(5))`,
        );
      }
      time.pause(BETWEEN_TRIES);
    }
    return action();
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o200);
  } catch (cause) {
    const why = messageOf(cause);
    throw new HostError('unavailable', `${path} cannot be opened: ${why}`, { cause });
  }
}
