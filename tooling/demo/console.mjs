// What the guest says of itself at a host.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { environment, program } from './hosts.mjs';

/** @import { Host } from './hosts.mjs' */
/** @typedef {{ number: number, at: number, errors: number }} Tick */

/** Follows the guest's console on a host, and keeps its ticks. */
export class Console {
  /** @type {Tick[]} */
  ticks = [];
  #child;
  #ended;

  /** @param {Host} host @param {string} domain */
  constructor(host, domain) {
    this.host = host;
    this.#child = spawn(process.execPath, [program('xl'), 'console', '-f', domain], {
      env: environment(host),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  /** @param {string} line */
  #take(line) {
    const [, number, at, errors] = /^tick (\d+) (\d+) errors=(\d+)/.exec(line) ?? [];
    if (number === undefined) return;
    this.ticks.push({ number: Number(number), at: Number(at), errors: Number(errors) });
    this.#child.emit('tick');
  }

  /**
   * Waits for so many ticks, and tells of the latest as it comes.
   * @param {number} count
   */
  async *until(count) {
    while (this.ticks.length < count) {
      await Promise.race([once(this.#child, 'tick'), this.#endedTooEarly()]);
      const tick = this.ticks.at(-1);
      if (tick !== undefined) yield tick;
    }
  }

  async #endedTooEarly() {
    await this.#ended;
    throw new Error(`the console on the ${this.host.name} ended after ${this.ticks.length} ticks`);
  }

  /** Waits until the domain has left this host. */
  async end() {
    await this.#ended;
  }

  stop() {
    this.#child.kill();
  }
}
