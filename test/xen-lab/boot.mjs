/**
 * Boots the lab: a machine with Xen under QEMU, whose dom0 runs the share's run.sh and powers off. No QEMU outlives the
 * process that started it, however that ends.
 *
 * usage: node test/xen-lab/boot.mjs [--xen VERSION] SHARE [SECONDS [DISK]]
 *
 *   SHARE    a folder, /mnt in dom0; its run.sh is run there with bash, and what that prints goes to its run.log
 *   SECONDS  until the machine is killed; 900 unless given
 *   DISK     a file with a file system that is to be /opt/mig
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { needPrograms } from './host.mjs';
import { ensureImage } from './image.mjs';
import { qemuArguments } from './machine.mjs';
import { toRun, usualXen } from './packages.mjs';

/** @import { Readable } from 'node:stream' */

/** Lines of the console after which the run cannot succeed. */
const hopeless = /Panic on CPU|Kernel panic|LAB-FAILED|Unable to mount root|Give root password/;

const interesting = /panic|LAB-|fail|error|oops|BUG|triple fault|emergency|cannot/i;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

function killAll() {
  for (const qemu of running) qemu.kill('SIGKILL');
}

process.on('exit', killAll);
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => {
    killAll();
    process.exit(128 + number);
  });
}

/**
 * @typedef {object} Watching
 * @property {string} consoleLog
 * @property {number} timeoutSeconds
 * @property {AbortSignal | undefined} [signal]
 * @property {((line: string) => void) | undefined} [tell] is given each line of the console
 */

/**
 * @typedef {object} Booted
 * @property {number} ready seconds until dom0 began to run the share's run.sh
 * @property {number} done seconds until it had gone off
 * @property {string} consoleLog the file with all that stood on the console
 */

/**
 * @param {import('./machine.mjs').Machine & Omit<Watching, 'consoleLog'> & { consoleLog?: string }} options
 * @returns {Promise<Booted>}
 */
export async function boot({ timeoutSeconds, consoleLog, signal, tell, ...machine }) {
  needPrograms(toRun);
  const share = resolve(machine.share);
  const log = consoleLog ?? join(share, 'console.log');
  const args = qemuArguments({ ...machine, share });
  // Also if this process is killed outright.
  const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(qemu);
  return await watch(qemu, { consoleLog: log, timeoutSeconds, signal, tell });
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, Readable, Readable>} qemu
 * @param {Watching} watching
 * @returns {Promise<Booted>}
 */
function watch(qemu, { consoleLog, timeoutSeconds, signal, tell }) {
  return new Promise((settle, reject) => {
    const began = performance.now();
    const seconds = () => Math.round((performance.now() - began) / 100) / 10;
    const file = createWriteStream(consoleLog);
    /** @type {string[]} */
    const lines = [];
    /** @type {number | undefined} */
    let ready;
    /** @type {number | undefined} */
    let done;
    /** @type {string | undefined} */
    let trouble;

    /** @param {string} why */
    const giveUp = (why) => {
      trouble ??= why;
      qemu.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      giveUp(`${ready === undefined ? 'dom0 was not up' : 'the run was not over'} after ${timeoutSeconds} s`);
    }, timeoutSeconds * 1000);
    const stop = () => giveUp('it was stopped');
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    /** @param {string} line */
    const take = (line) => {
      lines.push(line);
      tell?.(line);
      if (line.includes('LAB-READY')) ready = seconds();
      if (line.includes('LAB-DONE')) {
        done = seconds();
        // By then everything is written, should it not power off by itself.
        setTimeout(() => qemu.kill('SIGKILL'), 20_000).unref();
      }
      if (hopeless.test(line) && !/^(PASS|FAIL) /.test(line)) {
        trouble ??= line.trim();
        // Later lines tell more about it.
        setTimeout(giveUp, 2000, line.trim());
      }
    };
    for (const stream of [qemu.stdout, qemu.stderr]) {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      stream.on('data', (chunk) => {
        file.write(chunk);
        const parts = (rest + decoder.write(chunk)).split(/\r?\n/);
        rest = parts.pop() ?? '';
        parts.forEach(take);
      });
    }
    qemu.on('error', (error) => giveUp(error.message));
    qemu.on('close', (status, killedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      running.delete(qemu);
      if (done === undefined) trouble ??= `QEMU ended with ${killedBy ?? `status ${status}`}`;
      file.end(() => {
        // dom0's power-off suffices, even without a report of its start.
        if (trouble === undefined && done !== undefined) settle({ ready: ready ?? done, done, consoleLog });
        else reject(new Error(`the lab failed: ${trouble}\n${excerpt(lines)}\nall of it: ${consoleLog}`));
      });
    });
  });
}

/**
 * The lines that show trouble, and the last ones.
 * @param {readonly string[]} lines
 */
function excerpt(lines) {
  const last = lines.length - 15;
  const shown = lines.filter((line, i) => i >= last || interesting.test(line)).slice(-40);
  return shown.map((line) => `  | ${line}`).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { xen: { type: 'string', default: usualXen } },
    allowPositionals: true,
  });
  const [share, timeoutSeconds = '900', disk] = positionals;
  if (share === undefined) {
    console.error('usage: node test/xen-lab/boot.mjs [--xen VERSION] SHARE [SECONDS [DISK]]');
    process.exit(2);
  }
  try {
    const image = await ensureImage(values.xen);
    const { ready, done, consoleLog } = await boot({
      image,
      share,
      ...(disk && { disk }),
      timeoutSeconds: Number(timeoutSeconds),
    });
    console.log(`dom0 was up after ${ready} s and done after ${done} s; its console: ${consoleLog}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
