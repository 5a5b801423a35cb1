import { HostError, type HostErrorCode } from '@mig/hypervisor';
import {
  closeDescriptor,
  createMemoryFile,
  deadlineIn,
  Input,
  Output,
  pipe,
  PosixError,
  TimeoutError,
} from '@mig/posix';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { domainFiles } from './domain-files.js';
import { codeOf, isMissing } from './error-code.js';
import type { Readiness, ToldFolder } from './domain/main.js';

/** Milliseconds that a domain's process has to be ready; a guest may do some work when it starts. */
const PATIENCE = 60_000;

/** Characters of what a process has said before it died. */
const LONGEST_WORDS = 2000;

/**
 * Starts the process of a new domain in its folder and waits until it is ready.
 * @throws HostError with the process's own words where it is not to be
 */
export function launchNew(folder: string): void {
  const { readEnd, writeEnd } = pipe();
  try {
    const log = openSync(join(folder, domainFiles.log), 'a', 0o600);
    try {
      startDetached('create', { cwd: folder, log, descriptors: [writeEnd] });
    } finally {
      closeSync(log);
      // The domain's end alone keeps the pipe open: its death ends our wait.
      closeDescriptor(writeEnd);
    }
    awaitReadiness(readEnd, () => wordsIn(join(folder, domainFiles.log)));
  } finally {
    closeDescriptor(readEnd);
  }
}

/**
 * The process of a domain that is to arrive, started before anything is known of it: it loads what it needs, and waits to be
 * told its folder. It ends with this process, unless `hold` has come to its end.
 */
export class IncomingProcess {
  readonly #readiness: number;
  /** The pipe by which it is told its folder; it ends when that is closed. */
  readonly #orders: number;
  /** The file that has its own words until it has a folder. */
  readonly #log: number;
  #released = false;

  /** @throws HostError `unavailable` where no process can be started */
  constructor() {
    const [readiness, orders] = [pipe(), pipe()];
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
   * Gives it a domain's folder, and waits until it is ready.
   * @param path where it finds the folder, unless that is another by then
   * @param seen where this process sees it, whatever name it gets
   * @param hold takes hold of it
   * @throws HostError with the process's own words where it is not to be; whatever `hold` throws
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

  /** One that is gone is known by its silence. */
  #tell(folder: ToldFolder): void {
    try {
      new Output(this.#orders, { subject: 'the process of a domain' }).write(
        Buffer.from(`${JSON.stringify(folder)}\n`),
      );
    } catch (error) {
      if (!(error instanceof PosixError && error.code === 'EPIPE')) throw error;
    }
  }

  /** Ends it, unless it has a domain by now that is held. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const descriptor of [this.#readiness, this.#orders, this.#log]) closeDescriptor(descriptor);
  }
}

/**
 * Through a shell that ends at once: so the domain is nobody's child here, keeps no event loop alive and leaves no
 * zombie, however long this process lives on. It makes a session of its own.
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

/** What configures this Node (a debugger's port, a loader) is not for the domain's. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
}

function awaitReadiness(fd: number, words: () => string): void {
  const { ready, code, message } = readReadiness(fd) ?? died(words());
  if (!ready) throw new HostError(code as HostErrorCode, message ?? 'no reason was given');
}

/** @returns undefined where the process has ended without a word */
function readReadiness(fd: number): Readiness | undefined {
  const input = new Input(fd, { subject: 'a starting domain' });
  input.deadline = deadlineIn(PATIENCE, 'the process of the domain was not ready');
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
    // It may not have come as far as its folder.
    return isMissing(error) ? '' : `${log} cannot be read (${codeOf(error)})`;
  }
}
