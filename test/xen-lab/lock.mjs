/** A lock, for what two runs would otherwise make twice in the same place. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * @template T
 * @param {string} path a file that is there while somebody is at it
 * @param {() => T | Promise<T>} action
 * @returns {Promise<T>}
 */
export async function alone(path, action) {
  for (let told = false; ; told = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const holder = readHolder(path);
    // A process that was killed leaves its lock behind.
    if (holder !== undefined && !isAlive(holder)) rmSync(path, { force: true });
    else if (!told) console.log(`waiting for process ${holder}, which is at it`);
    await setTimeout(500);
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function readHolder(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
