import { HostError, type HostErrorCode } from '@mig/hypervisor';
import { closeDescriptor, deadlineIn, Input, pipe, TimeoutError } from '@mig/posix';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { domainFiles } from './domain-files.js';
import { codeOf } from './error-code.js';
import type { Readiness } from './domain/main.js';

/** Milliseconds that a domain's process has to be ready; a guest may do some work when it starts. */
const PATIENCE = 60_000;

/** Characters of what a process has said before it died. */
const LONGEST_WORDS = 2000;

/**
 * Starts the process of a new domain in its folder and waits until it is ready.
 * @throws HostError with the process's own words where it is not to be
 */
export function launchNew(folder: string): void {
  launch(folder, 'create', []);
}

/**
 * Starts the process of a domain that arrives, which ends with this process unless `hold` has come to its end.
 * @param hold takes hold of it
 * @throws HostError with the process's own words where it is not to be; whatever `hold` throws
 */
export function launchIncoming<T>(folder: string, hold: () => T): T {
  const { readEnd, writeEnd } = pipe();
  try {
    try {
      launch(folder, 'incoming', [readEnd]);
    } finally {
      closeDescriptor(readEnd);
    }
    return hold();
  } finally {
    closeDescriptor(writeEnd);
  }
}

/** @param lifeline what ends with this process, for a process that is to end with it */
function launch(folder: string, kind: 'create' | 'incoming', lifeline: readonly number[]): void {
  const { readEnd, writeEnd } = pipe();
  try {
    try {
      startDetached(folder, kind, [writeEnd, ...lifeline]);
    } finally {
      // The domain's end alone keeps the pipe open: its death ends our wait.
      closeDescriptor(writeEnd);
    }
    const { ready, code, message } = readReadiness(readEnd, folder);
    if (!ready) throw new HostError(code as HostErrorCode, message ?? 'no reason was given');
  } finally {
    closeDescriptor(readEnd);
  }
}

/**
 * Through a shell that ends at once: so the domain is nobody's child here, keeps no event loop alive and leaves no
 * zombie, however long this process lives on. It makes a session of its own.
 * @param descriptors its descriptors from 3 on
 */
function startDetached(folder: string, kind: string, descriptors: readonly number[]): void {
  const log = openSync(join(folder, domainFiles.log), 'a', 0o600);
  const program = fileURLToPath(new URL('./domain/main.js', import.meta.url));
  try {
    const { status, error } = spawnSync('/bin/sh', ['-c', '"$0" "$@" &', process.execPath, program, kind], {
      cwd: folder,
      env: environment(),
      stdio: ['ignore', log, log, ...descriptors],
    });
    if (error !== undefined || status !== 0) {
      throw new HostError('unavailable', 'no process could be started for the domain', { cause: error });
    }
  } finally {
    closeSync(log);
  }
}

/** What configures this Node (a debugger's port, a loader) is not for the domain's. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
}

function readReadiness(fd: number, folder: string): Readiness {
  const input = new Input(fd, { subject: 'a starting domain' });
  input.deadline = deadlineIn(PATIENCE, 'the process of the domain was not ready');
  const octets = new Uint8Array(65536);
  let text = '';
  try {
    while (!text.endsWith('\n')) {
      const count = input.readSome(octets);
      if (count === 0) return died(folder);
      text += new TextDecoder().decode(octets.subarray(0, count));
    }
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return { ready: false, code: 'unavailable', message: error.message };
  }
  return JSON.parse(text) as Readiness;
}

function died(folder: string): Readiness {
  const said = lastWords(join(folder, domainFiles.log));
  const message = `the process of the domain died at its start${said === '' ? '' : `: ${said}`}`;
  return { ready: false, code: 'domain-died', message };
}

function lastWords(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().slice(-LONGEST_WORDS);
  } catch (error) {
    return `${log} cannot be read (${codeOf(error)})`;
  }
}
