// An operator's command as a real process of `xl`: at once, or held between its look and its act.
import { spawn, spawnSync } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { Hold, hindered } from '../hold.mjs';

/** The program of an app of mig. */
export const program = (name) =>
  fileURLToPath(new URL(`../../../apps/${name}/bin/${name}.js`, import.meta.url));
const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Milliseconds after which a command is taken for one that does not end. */
const LONGEST = 60_000;

/**
 * Where a command waits: the first time that it opens the domain's folder it asks the domain's process how it is; the
 * next time it tells it to do something. What works in a thread of its own looks in the other.
 */
const FOLDER = '/domains/[0-9]+$';
const waits = {
  main: { pattern: FOLDER, nth: { main: 2 } },
  worker: { pattern: FOLDER, nth: { worker: 1 } },
};

/** The words of a command that receives at another host, for `xl migrate -s ''`. */
export function receiver(host) {
  return `MIG_HOST_DIR=${quoted(host)} exec ${quoted(process.execPath)} ${quoted(program('xl-receive'))}`;
}

/** Whether this machine lets us make the namespaces that a hindrance needs. */
export function isPossible(hindrance) {
  if (hindrance !== 'pid namespace' && hindrance !== 'no proc') return true;
  const { status } = spawnSync('sh', ['-c', hindrances[hindrance].replace('exec "$0" "$@"', 'true')]);
  return status === 0;
}

/** Each is a command for the shell that runs "$0" "$@" hindered. */
const hindrances = {
  'pid namespace': `exec unshare -pf --kill-child --mount-proc sh -c 'exec "$0" "$@"' "$0" "$@"`,
  'no proc': `exec unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" "$@"' "$0" "$@"`,
  'no descriptors': 'ulimit -n 64; exec "$0" "$@"',
};

export class OperatorProcess {
  output = '';
  /** Its exit status, or the signal that ended it. */
  status;
  #child;
  #hold;
  #ended;

  /**
   * @param {string[]} words what follows `xl`
   * @param {{ host: string, line?: string, acts?: 'main' | 'worker', hindrance?: string, left?: number }} how: at which
   *   host; held, with which files, and in which thread it acts; hindered in what way, by so few descriptors
   */
  constructor(words, { host, line, acts, hindrance, left = 0 }) {
    const { PATH = '', HOME = '' } = process.env;
    if (line !== undefined) this.#hold = new Hold(line, waits[acts]);
    const more = hindrance === 'no descriptors' ? hindered({ MIG_EXHAUST: String(left) }) : {};
    const command = [process.execPath, program('xl'), ...words];
    const [file, ...args] =
      hindrance === undefined ? command : ['sh', '-c', hindrances[hindrance], ...command];
    this.#child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, MIG_HOST_DIR: host, ...more, ...this.#hold?.environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (status, signal) => {
        this.status = status ?? signal;
        resolve();
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** @returns whether it has looked, and waits before its act */
  looked() {
    return this.#hold.comes(() => this.status !== undefined, LONGEST);
  }

  /** Lets it act. */
  go() {
    this.#hold?.go();
  }

  /** @returns whether it ended in time; it is ended if not */
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
