/**
 * The save helper's process. A save runs in a worker, because it has to clean up when libxl's SIGTERM ends
 * it or libxl is gone. A restore has nothing to clean up (libxl destroys the domain), so a signal ends it
 * as it ends the stock helper.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { messageOf } from '@mig/errors';
import { exitAtOnce, Interrupt, type InterruptReason, type SharedInterrupt } from '@mig/posix';
import { leaveMissingFolder } from '@mig/posix/places';
import { parseHelperArguments, type SaveArguments } from '@mig/protocol/save-helper';
import { terminalText } from '@mig/protocol/terminal-text';
import { serveRestore, serveSave } from './serve.js';

/**
 * Time between two looks at the parent, in milliseconds: a toolstack that died must not leave its helper
 * behind.
 */
const PARENT_WATCH_INTERVAL = 500;

/**
 * @param launcher the program that calls this, in the worker too
 * @returns whether the work is done already, in this thread
 */
export function start(launcher: string): boolean {
  const parent = process.ppid;
  try {
    const request = parseHelperArguments(process.argv.slice(2));
    if (request.mode === 'restore') serveRestore(request);
    else if (isMainThread) startSave(launcher, parent);
    else runSave(request);
    return request.mode === 'restore' || !isMainThread;
  } catch (error) {
    failed(error);
    return false;
  }
}

/**
 * Ends the process once the work is done. libxl waits for that while the domain stands still: an orderly
 * shutdown of Node would add to the downtime.
 */
export function end(): never {
  exitAtOnce(Number(process.exitCode ?? 0));
}

function startSave(launcher: string, parent: number): void {
  leaveMissingFolder();
  const worker = new Worker(launcher, {
    argv: process.argv.slice(2),
    trackUnmanagedFds: false,
  });
  // The signal may arrive before the interrupt exists.
  let pending: InterruptReason | undefined;
  let interrupt: Interrupt | undefined;
  const stop = (reason: InterruptReason) => {
    pending ??= reason;
    interrupt?.raise(pending);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop('peer-gone');
  }, PARENT_WATCH_INTERVAL);

  worker.on('message', (shared: SharedInterrupt) => {
    interrupt = Interrupt.from(shared);
    if (pending !== undefined) interrupt.raise(pending);
  });
  worker.on('error', failed);
  worker.on('exit', (status) => {
    clearInterval(watch);
    process.exit(status);
  });
}

/** Runs the save in the worker: blocks until all is said. */
function runSave(request: SaveArguments): void {
  const interrupt = Interrupt.create();
  parentPort?.postMessage(interrupt.shared);
  serveSave(request, interrupt);
}

/** Reports a failure on standard error, which is xl's: there is no conversation to use. */
function failed(error: unknown): void {
  const message = messageOf(error);
  process.stderr.write(`xl-save-helper: ${terminalText(message)}\n`);
  process.exitCode = 255;
}
