// Keeps a process of mig waiting between two of its acts, and lets it go on.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { comesTrue } from './processes.mjs';

const module = fileURLToPath(new URL('held-process.mjs', import.meta.url));

/**
 * The environment of a process that is held or hindered by held-process.mjs.
 * @param {Record<string, string>} variables
 * @returns {Record<string, string>}
 */
export const hindered = (variables) => ({ NODE_OPTIONS: `--import ${module}`, ...variables });

/**
 * Where a process waits: when it is about to open a file whose path fits, for the nth time in its main thread or in a
 * worker; counted from `arm` on where it is to be armed.
 * @typedef {{ pattern: string, nth: { main?: number, worker?: number }, armed?: boolean }} Place
 */
export class Hold {
  #line;
  /** @type {number | undefined} */
  #fd;

  /**
   * @param {string} line the path of two files that are this hold's own
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
   * @returns whether it has come to where it waits, before it was over
   */
  async comes(isOver, milliseconds) {
    await comesTrue(() => this.isHeld || isOver(), milliseconds);
    return this.isHeld;
  }

  /** Lets it go on, now or when it comes there. */
  go() {
    this.#fd ??= openSync(`${this.#line}.go`, constants.O_RDWR);
  }

  close() {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
