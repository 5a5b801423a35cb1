// `xl migrate` and all that it starts, as processes; what it says, and the relay's line to the campaign.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { readLines } from './lines.mjs';

const program = (name) => fileURLToPath(new URL(`../../apps/${name}/bin/${name}.js`, import.meta.url));
const relay = fileURLToPath(new URL('relay.mjs', import.meta.url));
const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

export class Migration {
  stdout = '';
  stderr = '';
  /** Its exit status, or the signal that ended it. */
  status;
  /** Of `xl-receive`, as the relay saw it. */
  targetStatus;
  /** Pids. */
  relay;
  target;
  /** At how many stops it has been held. */
  stopsReached = 0;
  sourceClosed = false;
  /** What should not have been said to the campaign. */
  confusion = [];
  #child;
  #server;
  #line;
  #actsDone = 0;
  #acts = 0;
  #listeners = new Set();

  /**
   * @param {string} folder with the hosts `source` and `target` in it
   * @param {{ stops: import('./moments.mjs').Stop[], options: string[], source: Record<string, string>, target: Record<string, string> }} setup
   *   the environment of either end
   */
  constructor(folder, { stops, options, source, target }) {
    const socket = join(folder, 'line');
    this.#server = createServer((connection) => this.#listen(connection)).listen(socket);
    const variables = Object.entries({ MIG_HOST_DIR: join(folder, 'target'), ...target });
    const receive =
      variables.map(([name, value]) => `${name}=${quoted(value)}`).join(' ') +
      ` exec ${quoted(process.execPath)} ${quoted(program('xl-receive'))}`;
    const words = [process.execPath, relay, socket, JSON.stringify(stops), receive].map(quoted);
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(
      process.execPath,
      [program('xl'), 'migrate', '--json', ...options, '-s', '', 'busy', `exec ${words.join(' ')}`],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH, HOME, MIG_HOST_DIR: join(folder, 'source'), ...source },
      },
    );
    for (const stream of ['stdout', 'stderr']) {
      this.#child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] += text;
        this.#wake();
      });
    }
    this.#child.once('exit', (status, signal) => {
      this.status = status ?? signal;
      this.#wake();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  #listen(connection) {
    this.#line = connection;
    connection.on('error', () => {});
    readLines(connection, ({ event, ...what }) => {
      if (event === 'started') [this.relay, this.target] = [what.pid, what.child];
      else if (event === 'reached') this.stopsReached++;
      else if (event === 'done') this.#actsDone++;
      else if (event === 'target-ended') this.targetStatus = what.status;
      else if (event === 'source-closed') this.sourceClosed = true;
      else this.confusion.push(what.message);
      this.#wake();
    });
  }

  /** Has the relay do something, and returns once it has. */
  async act(what) {
    if (this.#line === undefined || this.#line.destroyed) return;
    this.#line.write(`${JSON.stringify(what)}\n`);
    const wanted = ++this.#acts;
    await this.until(() => this.#actsDone >= wanted || this.#line.destroyed, 1000);
  }

  /** @returns whether it came true, if need be after as many milliseconds */
  async until(condition, milliseconds) {
    const deadline = performance.now() + milliseconds;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.#news(left);
    }
    return true;
  }

  /** Until something has been heard, of whom ever. Several may wait. */
  #news(milliseconds) {
    return new Promise((resolve) => {
      const heard = () => {
        clearTimeout(timer);
        this.#listeners.delete(heard);
        resolve();
      };
      const timer = setTimeout(heard, milliseconds);
      this.#listeners.add(heard);
    });
  }

  #wake() {
    for (const heard of [...this.#listeners]) heard();
  }

  events() {
    return this.stdout
      .slice(0, this.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  sourceStates() {
    return this.events().flatMap(({ event, state }) => (event === 'source-state' ? [state] : []));
  }

  close() {
    this.#line?.destroy();
    this.#server.close();
  }
}
