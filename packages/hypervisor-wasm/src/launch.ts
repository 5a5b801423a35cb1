import { HostError, type HostErrorCode } from '@mig/hypervisor';
import {
  blockingPipe,
  closeDescriptor,
  createMemoryFile,
  deadlineIn,
  Input,
  Output,
  PosixError,
  TimeoutError,
} from '@mig/posix';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { domainFiles } from './domain-files.js';
import { codeOf, isMissing } from './error-code.js';
import type { Readiness, AssignedFolder } from './domain/main.js';

/** Timeout of a domain's process to become ready, in milliseconds; a guest may work at its start. */
const TIMEOUT = 60_000;

/** Characters kept of a dead process's messages. */
const LONGEST_WORDS = 2000;

/**
 * Starts the process of a new domain in its folder, and waits until it is ready.
 * @throws HostError with the process's own words where it fails
 */
export function launchNew(folder: string): void {
  const { readEnd, writeEnd } = blockingPipe();
  try {
    const log = openSync(join(folder, domainFiles.log), 'a', 0o600);
    try {
      startDetached('create', { cwd: folder, log, descriptors: [writeEnd] });
    } finally {
      closeSync(log);
      // Only the domain's end keeps the pipe open now: its death ends our wait.
      closeDescriptor(writeEnd);
    }
    awaitReadiness(readEnd, () => wordsIn(join(folder, domainFiles.log)));
  } finally {
    closeDescriptor(readEnd);
  }
}

/**
 * The process of an incoming domain, started before anything is known of the domain: it loads what it
 * needs, and waits for its folder. It ends with this process, unless `hold` has succeeded.
 */
export class IncomingProcess {
  readonly #readiness: number;
  /** The pipe that tells the process its folder; closing it ends the process. */
  readonly #orders: number;
  /** The file of the process's own messages until it has a folder. */
  readonly #log: number;
  #released = false;

  /** @throws HostError `unavailable` where no process can be started */
  constructor() {
    const [readiness, orders] = [blockingPipe(), blockingPipe()];
    this.#readiness = readiness.readEnd;
    this.#orders = orders.writeEnd;
    this.#log = createMemoryFile('what the process of a domain says', 0);
    try {
      startDetached('incoming', {
        cwd: '/',
        log: this.#log,
        descriptors: [readiness.writeEnd, orders.readEnd],
      });
    } catch (error) {
      this.release();
      throw error;
    } finally {
      closeDescriptor(readiness.writeEnd);
      closeDescriptor(orders.readEnd);
    }
  }

  /**
   * Gives the process a domain's folder, and waits until it is ready.
   * @param path the folder's path for the process, which checks that it is still the same folder
   * @param seen the folder's path for this process, valid under any name
   * @param hold takes hold of the domain
   * @throws HostError with the process's own words where it fails; whatever `hold` throws
   */
  settle<T>({ path, seen }: { readonly path: string; readonly seen: string }, hold: () => T): T {
    try {
      const { dev: device, ino: inode } = statSync(seen);
      this.#tell({ path, device, inode });
      awaitReadiness(this.#readiness, () => {
        return `${wordsIn(`/proc/self/fd/${this.#log}`)}\n${wordsIn(join(seen, domainFiles.log))}`.trim();
      });
      return hold();
    } finally {
      this.release();
    }
  }

  /** Sends the folder; a process that is gone shows by its silence. */
  #tell(folder: AssignedFolder): void {
    try {
      new Output(this.#orders, { subject: 'the process of a domain' }).write(
        Buffer.from(`${JSON.stringify(folder)}\n`),
      );
    } catch (error) {
      if (!(error instanceof PosixError && error.code === 'EPIPE')) throw error;
    }
  }

  /** Ends the process, unless it has a domain that is held. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const descriptor of [this.#readiness, this.#orders, this.#log]) closeDescriptor(descriptor);
  }
}

/**
 * Starts a process through a shell that ends at once: so the domain is nobody's child here, keeps no event
 * loop alive and leaves no zombie, however long this process lives. It makes a session of its own.
 * @param descriptors its descriptors from 3 on
 */
function startDetached(
  kind: 'create' | 'incoming',
  { cwd, log, descriptors }: { cwd: string; log: number; descriptors: readonly number[] },
): void {
  const program = fileURLToPath(new URL('../bin/domain.cjs', import.meta.url));
  const { status, error } = spawnSync('/bin/sh', ['-c', '"$0" "$@" &', process.execPath, program, kind], {
    cwd,
    env: environment(),
    stdio: ['ignore', log, log, ...descriptors],
  });
  if (error !== undefined || status !== 0) {
    throw new HostError('unavailable', 'no process could be started for the domain', { cause: error });
  }
}

/** The environment without what configures this Node (a debugger's port, a loader). */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
}

function awaitReadiness(fd: number, words: () => string): void {
  const { ready, code, message } = readReadiness(fd) ?? died(words());
  if (!ready) throw new HostError(code as HostErrorCode, message ?? 'no reason was given');
}

/** @returns undefined if the process has ended without a word */
function readReadiness(fd: number): Readiness | undefined {
  const input = new Input(fd, { subject: 'a starting domain' });
  input.deadline = deadlineIn(TIMEOUT, 'the process of the domain was not ready');
  const octets = new Uint8Array(65536);
  let text = '';
  try {
    while (!text.endsWith('\n')) {
      const count = input.readSome(octets);
      if (count === 0) return undefined;
      text += new TextDecoder().decode(octets.subarray(0, count));
    }
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return { ready: false, code: 'unavailable', message: error.message };
  }
  return JSON.parse(text) as Readiness;
}

function died(said: string): Readiness {
  const message = `the process of the domain died at its start${said === '' ? '' : `: ${said}`}`;
  return { ready: false, code: 'domain-died', message };
}

function wordsIn(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().slice(-LONGEST_WORDS);
  } catch (error) {
    // The process may not have reached its folder.
    return isMissing(error) ? '' : `${log} cannot be read (${codeOf(error)})`;
  }
}
