// Holds a process of mig between two of its steps, and lets it continue.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { comesTrue } from './processes.mjs';

const module = fileURLToPath(new URL('held-process.mjs', import.meta.url));

/**
 * The environment of a process that held-process.mjs holds or hinders.
 * @param {Record<string, string>} variables
 * @returns {Record<string, string>}
 */
export const hindered = (variables) => ({ NODE_OPTIONS: `--import ${module}`, ...variables });

/**
 * The place where a process waits: when it is about to open a file with a matching path for the nth time,
 * in its main thread or in a worker; counted from `arm` on if it must be armed.
 * @typedef {{ pattern: string, nth: { main?: number, worker?: number }, armed?: boolean }} Place
 */
export class Hold {
  #line;
  /** @type {number | undefined} */
  #fd;

  /**
   * @param {string} line the path of two files for this hold alone
   * @param {Place} where
   */
  constructor(line, where) {
    this.#line = line;
    const { status, stderr } = spawnSync('mkfifo', [`${line}.go`], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`mkfifo: ${stderr}`);
    this.environment = hindered({ MIG_HOLD: JSON.stringify({ line, ...where }) });
  }

  arm() {
    writeFileSync(`${this.#line}.armed`, '');
  }

  get isHeld() {
    return existsSync(`${this.#line}.here`);
  }

  /**
   * @param {() => boolean} isOver
   * @param {number} milliseconds
   * @returns whether it has reached the place, before it was over
   */
  async comes(isOver, milliseconds) {
    await comesTrue(() => this.isHeld || isOver(), milliseconds);
    return this.isHeld;
  }

  /** Lets it continue, now or when it reaches the place. */
  go() {
    this.#fd ??= openSync(`${this.#line}.go`, constants.O_RDWR);
  }

  close() {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
