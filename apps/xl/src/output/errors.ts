/** Turns anything thrown into the operator's message and the exit status: the only place that does. */
import { HostError } from '@mig/hypervisor';
import { PosixError } from '@mig/posix/errors';
import { GONE, isWorkingFolderGone } from '@mig/posix/places';
import { StreamError } from '@mig/protocol/errors';
import { isAbsolute } from 'node:path';
import { ExitStatus } from './exit-status.js';
import { Failure, StockFailure } from './failure.js';
import type { Log } from './log.js';
import { nextStep } from './next-step.js';
import { OutputClosedError } from './text-output.js';

export interface ErrorReport {
  readonly lines: readonly string[];
  readonly status: number;
  /** Text of our own after the message. */
  readonly help?: string;
}

/**
 * Writes what `error` means; a stack trace only if MIG_DEBUG is set.
 * @returns the exit status
 */
export function reportError(error: unknown, log: Log): number {
  const { lines, status, help = '' } = errorReport(error);
  for (const line of lines) log.line(line);
  log.text(help);
  if (process.env['MIG_DEBUG']) for (const line of stackOf(error).split('\n')) log.line(line);
  return status;
}

/** Describes an error in one text without the `xl:` prefix, to stand in a sentence or in JSON. */
export function describeError(error: unknown): string {
  return errorReport(error)
    .lines.map((line) => line.replace(/^xl: /, ''))
    .join('; ');
}

export function errorReport(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return internal(String(error));
  if (error instanceof StockFailure) {
    const { message, status, help } = error;
    return { lines: [message], status, help };
  }
  if (error instanceof Failure) return { lines: [`xl: ${error.message}`], status: error.status };
  if (error instanceof OutputClosedError) return { lines: [], status: ExitStatus.outputClosed };
  if (error instanceof HostError) return failure(hostMessage(error));
  if (error instanceof StreamError) return failure(streamMessage(error));
  if (error instanceof PosixError) {
    return failure(`${error.syscall} ${error.subject}: ${meaningOf(error.code)}`);
  }
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && code !== undefined) {
    if (path === undefined) return failure(`${syscall}: ${meaningOf(code)}`);
    const leadsNowhere = code === 'ENOENT' && !isAbsolute(path) && isWorkingFolderGone();
    return failure(`${path}: ${leadsNowhere ? GONE : meaningOf(code)}`);
  }
  if (code === 'ERR_WORKER_INIT_FAILED') {
    // Node names the system's error in the message alone.
    const [, cause] = /: (E[A-Z0-9]+)$/.exec(error.message) ?? [];
    return failure(cause === undefined ? error.message : `no thread could be started: ${meaningOf(cause)}`);
  }
  // JavaScript's own errors are bugs of ours; every other class was thrown on purpose, for the operator.
  return languageErrors.has(error.name) ? internal(error.message) : failure(error.message);
}

const languageErrors = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'AssertionError',
]);

function failure(message: string): ErrorReport {
  return { lines: [`xl: ${message}`], status: ExitStatus.failure };
}

function internal(message: string): ErrorReport {
  return {
    lines: [
      `xl: internal error: ${message}`,
      'xl: this is a mistake in mig; please report it with the output of the same command under MIG_DEBUG=1',
    ],
    status: ExitStatus.failure,
  };
}

function hostMessage({ message, domid, code }: HostError): string {
  // Most messages name the domain already.
  const named = domid === undefined || new RegExp(`\\b${domid}\\b`).test(message);
  const subject = named ? '' : `domain ${domid}: `;
  return withNext(`${subject}${message}`, nextStep[code]);
}

function streamMessage({ message, specification }: StreamError): string {
  return specification === undefined ? message : `${message} (${specification})`;
}

function withNext(message: string, next: string): string {
  return next === '' ? message : `${message}; ${next}`;
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it exists already',
  EFBIG: 'beyond the limit of file sizes (ulimit -f), or of what the file system can hold',
  EIO: 'input/output error',
  EISDIR: 'it is a directory',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'part of the path is not a directory',
  EPERM: 'not permitted',
  EPIPE: 'the other end closed the connection',
  EROFS: 'the file system is read-only',
};

function meaningOf(code: string): string {
  const meaning = meanings[code];
  return meaning === undefined ? code : `${meaning} (${code})`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(error.cause)}`;
}
