/**
 * A save runs in a worker, since it has to clean up when libxl's SIGTERM ends it, or libxl is gone. A restore has nothing
 * to clean up, libxl destroys the domain: a signal ends it as it ends the stock helper.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { exitAtOnce, Interrupt, type InterruptReason, type SharedInterrupt } from '@mig/posix';
import { leaveMissingFolder } from '@mig/posix/places';
import { parseHelperArguments, type SaveArguments } from '@mig/protocol/save-helper';
import { terminalText } from '@mig/protocol/terminal-text';
import { serveRestore, serveSave } from './serve.js';

/** Milliseconds: a toolstack that died must not leave its helper behind. */
const PARENT_WATCH_INTERVAL = 500;

/**
 * @param launcher the program that calls this, in the worker too
 * @returns whether the work was done in this thread
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
 * Once the work is done. libxl goes on when this process has ended, and until then the domain stands still: taking Node
 * apart would be a part of the downtime.
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
  // The signal may be there before the interrupt.
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

/** In the worker: blocks until all is said. */
function runSave(request: SaveArguments): void {
  const interrupt = Interrupt.create();
  parentPort?.postMessage(interrupt.shared);
  serveSave(request, interrupt);
}

/** Without a conversation there is standard error alone, which is xl's. */
function failed(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`xl-save-helper: ${terminalText(message)}\n`);
  process.exitCode = 255;
}
