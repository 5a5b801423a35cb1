// The sender's side of the mailbox of guests/dirty.ts: tells the guest what to write.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Addresses as in guests/dirty.ts. */
const MAILBOX = 4096;
const FIRST_PAGE = 64;
/** Milliseconds between two looks, and timeout of the writing. */
const POLL = 1;
const TIMEOUT = 60_000;

/** @typedef {{ count: number, run: number }} PageSet so many pages, in runs that lie side by side; `count` is a multiple of `run` */

/**
 * Number of a domain's pages that the guest can be told to write.
 * @param {number} mebibytes
 */
export function writablePages(mebibytes) {
  return mebibytes * 256 - FIRST_PAGE;
}

/**
 * Tells the guest to write, and waits until it has. Blocks. The guest writes one page more: that of its
 * answer.
 * @param {string} ram the file that is the domain's RAM
 * @param {PageSet} set
 */
export function writePages(ram, { count, run }) {
  const file = openSync(ram, 'r+');
  try {
    const [request = 0] = readWords(file, 1);
    writeSync(file, new Uint32Array([count, run]), 0, 8, MAILBOX + 8);
    writeSync(file, new Uint32Array([request + 1]), 0, 4, MAILBOX);
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + TIMEOUT;
    while (readWords(file, 2)[1] !== request + 1) {
      if (performance.now() > deadline) throw new Error('the guest does not write');
      Atomics.wait(sleep, 0, 0, POLL);
    }
  } finally {
    closeSync(file);
  }
}

/** @param {number} file @param {number} count */
function readWords(file, count) {
  const words = new Uint32Array(count);
  readSync(file, words, 0, count * 4, MAILBOX);
  return words;
}
