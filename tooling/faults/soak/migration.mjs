// `xl migrate` between two hosts of this machine, as processes, with nothing in between.
import { spawn } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';
import { eventsIn, isEnding } from '../migration.mjs';
import { program, receiver } from '../operator/process.mjs';
import { processesOf } from '../processes.mjs';

/** @import { SourceState } from '@mig/protocol/handshake' */

/** Seconds that either end waits for the other: a killed peer is noticed at once. */
const TIMEOUT = '30';

export class PlainMigration {
  stdout = '';
  stderr = '';
  /**
   * The exit status, or the signal that ended it.
   * @type {number | string | undefined}
   */
  status;
  #child;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {{ from: string, to: string, name: string, options: string[] }} what between which hosts' folders */
  constructor({ from, to, name, options }) {
    const { PATH = '', HOME = '' } = process.env;
    this.to = to;
    this.#child = spawn(
      process.execPath,
      [program('xl'), 'migrate', '--json', ...options, '-s', '', name, receiver(to)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH,
          HOME,
          MIG_HOST_DIR: from,
          MIG_REPORT_TIMEOUT: TIMEOUT,
          MIG_READY_TIMEOUT: TIMEOUT,
          MIG_PROGRESS_TIMEOUT: TIMEOUT,
          MIG_PERMISSION_TIMEOUT: TIMEOUT,
          MIG_PERMISSION_BACK_TIMEOUT: TIMEOUT,
        },
      },
    );
    for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
      this.#child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] += text;
        this.#wake();
      });
    }
    this.#child.once('close', (status, signal) => {
      this.status = status ?? signal ?? undefined;
      this.#wake();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get isOver() {
    return this.status !== undefined;
  }

  /** Pid of the target's toolstack; undefined if there is none. */
  get receiverPid() {
    return processesOf(this.to).find(({ command }) => command.endsWith('/bin/xl-receive.js'))?.pid;
  }

  /** The last event that says how it ended; undefined if it was killed before. */
  get end() {
    return eventsIn(this.stdout).findLast(isEnding);
  }

  /**
   * @param {SourceState} state
   * @param {number} milliseconds
   * @returns whether the source has reached the state; false once the migration is over without it
   */
  async enters(state, milliseconds) {
    const wanted = `"state":"${state}"`;
    await this.#until(() => this.stdout.includes(wanted) || this.isOver, milliseconds);
    return this.stdout.includes(wanted);
  }

  /** @param {number} milliseconds @returns whether it is over in time */
  async ends(milliseconds) {
    await this.#until(() => this.isOver, milliseconds);
    return this.isOver;
  }

  /**
   * @param {() => boolean} condition
   * @param {number} milliseconds
   * @returns {Promise<void>}
   */
  #until(condition, milliseconds) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => condition() && done();
      const timer = setTimeout(done, milliseconds);
      this.#waiting.add(look);
    });
  }

  #wake() {
    for (const look of [...this.#waiting]) look();
  }
}
