// An operator's command as a real process of `xl`: at once, or held between its look and its act.
import { spawn, spawnSync } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { Hold, hindered } from '../hold.mjs';

/** @import { Hindrance } from './commands.mjs' */
/** @typedef {'main' | 'worker'} Thread */

/**
 * The program of an app of mig.
 * @param {string} name
 */
export const program = (name) =>
  fileURLToPath(new URL(`../../../apps/${name}/bin/${name}.js`, import.meta.url));
/** @param {string} word */
const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Milliseconds after which a command counts as endless. */
const LONGEST = 60_000;

/**
 * The place where a command waits: the first time that it opens the domain's folder it asks the domain's process for
 * its state; the next time it gives it an order. A command that acts in a worker looks in the main thread.
 */
const FOLDER = '/domains/[0-9]+$';
/** @type {Readonly<Record<Thread, import('../hold.mjs').Place>>} */
const waits = {
  main: { pattern: FOLDER, nth: { main: 2 } },
  worker: { pattern: FOLDER, nth: { worker: 1 } },
};

/**
 * The command line of a receiver at another host, for `xl migrate -s ''`.
 * @param {string} host its folder
 */
export function receiver(host) {
  return `MIG_HOST_DIR=${quoted(host)} exec ${quoted(process.execPath)} ${quoted(program('xl-receive'))}`;
}

/**
 * Tells whether this machine permits the namespaces that a hindrance needs.
 * @param {Hindrance | undefined} hindrance
 */
export function isPossible(hindrance) {
  if (hindrance !== 'pid namespace' && hindrance !== 'no proc') return true;
  const { status } = spawnSync('sh', ['-c', hindrances[hindrance].replace('exec "$0" "$@"', 'true')]);
  return status === 0;
}

/** Hindrances: each is a shell command that runs "$0" "$@" hindered. */
const hindrances = {
  'pid namespace': `exec unshare -pf --kill-child --mount-proc sh -c 'exec "$0" "$@"' "$0" "$@"`,
  'no proc': `exec unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" "$@"' "$0" "$@"`,
  'no descriptors': 'ulimit -n 64; exec "$0" "$@"',
};

/**
 * @typedef {object} How
 * @property {string | undefined} [line] held, with these files of its own
 * @property {Thread | undefined} [acts] where it is held: the thread in which it acts
 * @property {Hindrance | undefined} [hindrance]
 * @property {number} [left] descriptors, where it is hindered by having few
 */
export class OperatorProcess {
  output = '';
  /**
   * The exit status, or the signal that ended it.
   * @type {number | string | undefined}
   */
  status;
  #child;
  /** @type {Hold | undefined} */
  #hold;
  /** @type {Promise<void>} */
  #ended;

  /**
   * @param {string[]} words the arguments after `xl`
   * @param {{ host: string } & How} how with the host's folder
   */
  constructor(words, { host, line, acts, hindrance, left = 0 }) {
    const { PATH = '', HOME = '' } = process.env;
    if (line !== undefined && acts !== undefined) this.#hold = new Hold(line, waits[acts]);
    const more = hindrance === 'no descriptors' ? hindered({ MIG_EXHAUST: String(left) }) : {};
    const command = [process.execPath, program('xl'), ...words];
    const shell = hindrance === undefined ? [] : ['sh', '-c', hindrances[hindrance]];
    const [file = '', ...args] = [...shell, ...command];
    this.#child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, MIG_HOST_DIR: host, ...more, ...this.#hold?.environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (status, signal) => {
        this.status = status ?? signal ?? undefined;
        resolve();
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** @returns whether it has looked, and waits before its act */
  looked() {
    return this.#hold?.comes(() => this.status !== undefined, LONGEST);
  }

  /** Lets it act. */
  go() {
    this.#hold?.go();
  }

  /** @returns whether it ended in time; otherwise it is killed */
  async ends() {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LONGEST);
    await this.#ended;
    clearTimeout(timer);
    return this.status !== 'SIGKILL';
  }

  close() {
    this.go();
    this.#hold?.close();
    this.#child.kill('SIGKILL');
  }
}
