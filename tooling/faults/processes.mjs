// Processes on this machine: those that belong to a folder, and how one of them is.
import { parseProcessStat } from '@mig/posix';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const POLL = 10;

/**
 * @typedef {object} FoundProcess
 * @property {number} pid
 * @property {string} command its command line
 * @property {string} workingDirectory with " (deleted)" after it if it is
 */

/**
 * Lists processes by command line, environment or working directory.
 * @param {string} folder
 * @returns {FoundProcess[]}
 */
export function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
        const texts = [textOf(pid, 'cmdline'), textOf(pid, 'environ'), workingDirectory];
        const belongs = texts.some((text) => text.includes(folder));
        return belongs ? [{ pid: Number(pid), command: commandOf(pid), workingDirectory }] : [];
      } catch {
        // The process has just ended, or is another user's.
        return [];
      }
    });
}

/**
 * @param {number | string} pid
 * @returns its command line; empty for one that is gone
 */
export function commandOf(pid) {
  try {
    return textOf(pid, 'cmdline').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** @param {number | string} pid @param {string} file below /proc/PID */
function textOf(pid, file) {
  return readFileSync(`/proc/${pid}/${file}`, 'latin1');
}

/**
 * @param {number | undefined} pid
 * @returns the letter of its state; undefined for a process that is gone, or a zombie
 */
export function stateOf(pid) {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return stat === undefined || stat.hasEnded ? undefined : stat.state;
  } catch {
    return undefined;
  }
}

/**
 * @param {number | undefined} pid undefined for one that never existed
 * @param {NodeJS.Signals} signal
 * @returns whether there was such a process
 */
export function send(pid, signal) {
  if (pid === undefined) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends all processes that belong to the folder.
 * @param {string} folder
 */
export async function sweep(folder) {
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    for (const { pid } of left) send(pid, 'SIGKILL');
    await setTimeout(POLL);
  }
}

/**
 * @param {() => boolean} condition
 * @param {number} milliseconds
 * @returns whether it became true within the time
 */
export async function comesTrue(condition, milliseconds) {
  const deadline = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await setTimeout(POLL);
  }
  return true;
}
