// `xl migrate` and its children as processes; its output, and the relay's connection to the campaign.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { readLines } from './lines.mjs';

/** @param {string} name */
const program = (name) => fileURLToPath(new URL(`../../apps/${name}/bin/${name}.js`, import.meta.url));
const relay = fileURLToPath(new URL('relay.mjs', import.meta.url));
/** @param {string} word */
const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** @import { Socket } from 'node:net' */
/** @import { SourceOutcome, SourceState } from '@mig/protocol/handshake' */
/** @import { News, Order } from './relay.mjs' */

/**
 * Events of `xl migrate --json`, as far as they are read here.
 * @typedef {{ event: 'source-state', state: SourceState } | Ending} MigrateEvent
 * @typedef {{ event: 'complete', message?: undefined } | Failed} Ending
 * @typedef {{ event: 'failed', message: string, advice: string[], exitStatus: number } & Where} Failed
 * @typedef {{ state: SourceState, outcome: SourceOutcome } | { state?: undefined, outcome?: undefined }}
 * Where
 */

/**
 * @param {MigrateEvent} event
 * @returns {event is Ending}
 */
export const isEnding = (event) => event.event === 'complete' || event.event === 'failed';

/**
 * Parses the events that `xl migrate --json` has written so far.
 * @param {string} text
 * @returns {MigrateEvent[]}
 */
export function eventsIn(text) {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

export class Migration {
  stdout = '';
  stderr = '';
  /**
   * The exit status, or the signal that ended it.
   * @type {number | string | undefined}
   */
  status;
  /**
   * Status of `xl-receive`, as the relay saw it.
   * @type {number | string | undefined}
   */
  targetStatus;
  /** @type {number | undefined} its pid */
  relay;
  /** @type {number | undefined} its pid */
  target;
  /** Number of stops at which it has been held. */
  stopsReached = 0;
  sourceClosed = false;
  /** Messages to the campaign that should not have come. @type {string[]} */
  confusion = [];
  #child;
  #server;
  /** @type {Socket | undefined} */
  #line;
  #actsDone = 0;
  #acts = 0;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {string} folder with the folders of the hosts `source` and `target`
   * @param {{ stops: import('./injection-points.mjs').Stop[], options: string[], source: Record<string, string>,
   * target: Record<string, string> }} setup
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
    for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
      this.#child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] += text;
        this.#wake();
      });
    }
    this.#child.once('exit', (status, signal) => {
      this.status = status ?? signal ?? undefined;
      this.#wake();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** @param {Socket} connection */
  #listen(connection) {
    this.#line = connection;
    connection.on('error', () => {});
    readLines(connection, (/** @type {News} */ news) => {
      if (news.event === 'started') [this.relay, this.target] = [news.pid, news.child];
      else if (news.event === 'reached') this.stopsReached++;
      else if (news.event === 'done') this.#actsDone++;
      else if (news.event === 'target-ended') this.targetStatus = news.status;
      else if (news.event === 'source-closed') this.sourceClosed = true;
      else if (news.event === 'confused') this.confusion.push(news.message);
      this.#wake();
    });
  }

  /**
   * Orders the relay to do something, and waits until it has.
   * @param {Order} what
   */
  async act(what) {
    const line = this.#line;
    if (line === undefined || line.destroyed) return;
    line.write(`${JSON.stringify(what)}\n`);
    const wanted = ++this.#acts;
    await this.until(() => this.#actsDone >= wanted || line.destroyed, 1000);
  }

  /**
   * @param {() => boolean} condition
   * @param {number} milliseconds
   * @returns whether it became true within that time
   */
  async until(condition, milliseconds) {
    const deadline = performance.now() + milliseconds;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.#news(left);
    }
    return true;
  }

  /**
   * Waits until anything has been heard. Several may wait.
   * @param {number} milliseconds
   * @returns {Promise<void>}
   */
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
    return eventsIn(this.stdout);
  }

  sourceStates() {
    return this.events().flatMap((each) => (each.event === 'source-state' ? [each.state] : []));
  }

  /** The event that says how it ended; undefined if it was killed before. */
  ending() {
    return this.events().findLast(isEnding);
  }

  close() {
    this.#line?.destroy();
    this.#server.close();
  }
}
