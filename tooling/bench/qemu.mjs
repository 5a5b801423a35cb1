// QEMU's own live migration of a machine that was never started (-S), so that each page is sent once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { versionOf } from './child.mjs';

const PROGRAM = 'qemu-system-x86_64';
/** A rate in octets a second beyond any line. */
const UNLIMITED = 2 ** 46;
/** Milliseconds between two looks. */
const POLL = 5;

/** @returns {string | undefined} undefined if it is not installed */
export const qemuVersion = () => versionOf(PROGRAM);

/**
 * Migrates the memory in a file to a machine with fresh memory, over a unix socket.
 * @param {string} folder
 * @param {object} what
 * @param {string} what.file
 * @param {number} what.mebibytes
 * @param {number} what.channels connections beside the main one, which carry the pages (multifd); 0 is one
 * connection for all
 * @returns {Promise<{ octets: number, milliseconds: number }>} by QEMU's own statistics
 */
export async function migrateInQemu(folder, { file, mebibytes, channels }) {
  /** @param {string} kind */
  const backend = (kind) => `${kind},id=ram,size=${mebibytes}M,share=on`;
  const socket = join(folder, 'migration.sock');
  const source = new Machine(folder, mebibytes, backend('memory-backend-file') + `,mem-path=${file}`);
  // Another such file, without content.
  const target = new Machine(folder, mebibytes, backend('memory-backend-memfd'), '-incoming', 'defer');
  try {
    for (const machine of [source, target]) await machine.prepare(channels);
    await target.command('migrate-incoming', { uri: `unix:${socket}` });
    await source.command('migrate', { uri: `unix:${socket}` });
    return await source.migrated();
  } finally {
    await Promise.all([source.end(), target.end()]);
    rmSync(socket, { force: true });
  }
}

/** @typedef {{ ram?: { transferred: number }, 'total-time'?: number }} Answer of query-migrate; of other commands it is not read */
/** @typedef {{ return?: Answer, error?: { desc: string }, event?: string, data?: { status: string } }} Message */

/** A machine, controlled by QMP on its standard streams. */
class Machine {
  #child;
  #ended;
  #said = '';
  #replies;
  /** @type {string | undefined} */
  #status;

  /**
   * @param {string} folder
   * @param {number} mebibytes
   * @param {string} backend
   * @param {string[]} more
   */
  constructor(folder, mebibytes, backend, ...more) {
    const args = [
      '-accel',
      'tcg',
      '-m',
      String(mebibytes),
      '-object',
      backend,
      '-machine',
      'pc,memory-backend=ram',
    ];
    const plain = ['-display', 'none', '-nodefaults', '-S', '-qmp', 'stdio'];
    this.#child = spawn(PROGRAM, [...args, ...plain, ...more], { cwd: folder, stdio: 'pipe' });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#said += text));
    // A missing answer shows that it is gone.
    this.#child.stdin.on('error', () => undefined);
    this.#ended = once(this.#child, 'close');
    this.#replies = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {number} channels */
  async prepare(channels) {
    await this.command('qmp_capabilities');
    const capabilities = ['events', ...(channels > 0 ? ['multifd'] : [])];
    await this.command('migrate-set-capabilities', {
      capabilities: capabilities.map((capability) => ({ capability, state: true })),
    });
    await this.command('migrate-set-parameters', {
      'max-bandwidth': UNLIMITED,
      ...(channels > 0 && { 'multifd-channels': channels }),
    });
  }

  /**
   * @param {string} execute
   * @param {object} [args]
   * @returns {Promise<Answer>}
   */
  async command(execute, args = {}) {
    this.#child.stdin.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const message = await this.#message(execute);
      if (message.return !== undefined) return message.return;
      if (message.error !== undefined) throw new Error(`QEMU: ${execute}: ${message.error.desc}`);
    }
  }

  /** Waits for the event: polling would take a core's time. */
  async migrated() {
    while (this.#status !== 'completed') {
      if (this.#status === 'failed') throw new Error(`QEMU's migration failed: ${this.#said}`);
      await this.#message('migrate');
    }
    for (;;) {
      const { ram, 'total-time': milliseconds = 0 } = await this.command('query-migrate');
      // Shortly after the event it is still 0.
      if (ram !== undefined && milliseconds > 0) return { octets: ram.transferred, milliseconds };
      await setTimeout(POLL);
    }
  }

  /**
   * @param {string} during
   * @returns {Promise<Message>}
   */
  async #message(during) {
    const { done, value } = await this.#replies.next();
    if (done) throw new Error(`QEMU ended during ${during}: ${this.#said}`);
    /** @type {Message} */
    const message = JSON.parse(value);
    if (message.event === 'MIGRATION') this.#status = message.data?.status;
    return message;
  }

  async end() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
