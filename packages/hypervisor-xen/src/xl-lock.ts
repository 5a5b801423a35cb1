/**
 * The lock that stock `xl` has from before it makes domain 0 give memory up until the domain that is to have it is there: nobody
 * else takes that memory meanwhile.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { HostError } from '@mig/hypervisor';
import { recordLockHolder, tryLockRecord } from '@mig/posix';
import type { Time } from './autoballoon.js';

/** Milliseconds. */
const BETWEEN_TRIES = 100;

/**
 * @param longestWait milliseconds
 * @throws HostError `unavailable` where it cannot be had; what the action throws, and what `time.pause` does
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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HostError('unavailable', `${path} cannot be opened: ${why}`, { cause });
  }
}
