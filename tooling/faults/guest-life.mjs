// The guest's output on all its consoles: one life without a gap.
import { closeSync, openSync, readSync } from 'node:fs';
import { comesTrue } from './processes.mjs';

/** Milliseconds in which a running guest has ticked: far more than it takes. */
const TIMEOUT = 10_000;

export class GuestLife {
  /** @type {{ number: number, errors: number }[]} */
  #ticks = [];
  #said = '';
  /** @type {{ path: string, fd: number, rest: string }[]} */
  #consoles = [];
  /** @type {string | undefined} */
  #lastConsole;
  #buffer = Buffer.alloc(65536);

  /**
   * Continues with another console, from its beginning.
   * @param {string} path
   */
  goOnAt(path) {
    this.#consoles.push({ path, fd: openSync(path, 'r'), rest: '' });
  }

  /** Path of the console with the last tick; undefined before the first. */
  get lastConsole() {
    this.#read();
    return this.#lastConsole;
  }

  #read() {
    for (const console of this.#consoles) {
      for (;;) {
        const count = readSync(console.fd, this.#buffer);
        if (count === 0) break;
        const lines = (console.rest + this.#buffer.toString('latin1', 0, count)).split('\n');
        console.rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line, console.path);
      }
    }
  }

  /** @param {string} line @param {string} path of the console */
  #take(line, path) {
    this.#said += `${line}\n`;
    const [, number, errors] = /^tick (\d+) \d+ errors=(\d+)/.exec(line) ?? [];
    if (number === undefined) return;
    this.#ticks.push({ number: Number(number), errors: Number(errors) });
    this.#lastConsole = path;
  }

  async untilFilled() {
    const filled = () => (this.#read(), /^filled/m.test(this.#said));
    if (!(await comesTrue(filled, TIMEOUT))) throw new Error('the guest did not come to work');
  }

  /**
   * @param {number} count
   * @returns whether it ticked so many times more within the timeout
   */
  async ticksOn(count) {
    this.#read();
    const wanted = this.#ticks.length + count;
    return comesTrue(() => (this.#read(), this.#ticks.length >= wanted), TIMEOUT);
  }

  /** Lists its flaws: ticks lost or repeated, failed checks of its memory, complaints. */
  flaws() {
    this.#read();
    const ticks = this.#ticks;
    const complaints = this.#said.match(/^(error|crash).*$/gm) ?? [];
    const astray = ticks
      .filter(({ number }, i) => i > 0 && number - 1 !== ticks[i - 1]?.number)
      .map(({ number }) => `tick ${number} does not follow on the one before`);
    const errors = Math.max(0, ...ticks.map((tick) => tick.errors));
    return [...complaints.slice(0, 3), ...astray, ...(errors > 0 ? [`${errors} failed checks`] : [])];
  }

  close() {
    for (const { fd } of this.#consoles.splice(0)) closeSync(fd);
  }
}
