// Temporary folders for what a tool runs on this machine. However the tool ends, except by SIGKILL, they
// are removed, and every process that uses them is ended: domains live in sessions of their own, which
// Ctrl-C does not reach.
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesOf, send } from './faults/processes.mjs';

const POLL = 5;
/** @type {Set<string>} */
const folders = new Set();
const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param {string} prefix */
export function temporaryFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // With nothing to remove, a signal must not wait for blocking work.
  if (folders.size === 0) {
    process.on('exit', removeAll);
    for (const signal of signals) process.on(signal, leave);
  }
  folders.add(folder);
  return folder;
}

/** @param {string} folder */
export function removeTemporaryFolder(folder) {
  sweep(folder);
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of signals) process.off(signal, leave);
}

function removeAll() {
  for (const folder of folders) removeTemporaryFolder(folder);
}

/** @param {NodeJS.Signals} signal */
function leave(signal) {
  process.exit(128 + constants.signals[signal]);
}

/**
 * Removes a folder without an event loop: there is none any more at exit.
 * @param {string} folder
 */
function sweep(folder) {
  const word = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    for (const { pid } of left) send(pid, 'SIGKILL');
    Atomics.wait(word, 0, 0, POLL);
  }
}
