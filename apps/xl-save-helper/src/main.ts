/**
 * A save runs in a worker, since it has to clean up when libxl's SIGTERM ends it; a restore has nothing to clean up,
 * libxl destroys the domain: a signal ends it as it ends the stock helper.
 */
import { Worker } from 'node:worker_threads';
import { parseHelperArguments, type SaveArguments } from '@mig/protocol/save-helper';
import type { InterruptReason, SharedInterrupt } from '@mig/posix';

/** Milliseconds: a toolstack that died must not leave its helper behind. */
const PARENT_WATCH_INTERVAL = 500;

try {
  const request = parseHelperArguments(process.argv.slice(2));
  if (request.mode === 'save') startSave(request);
  else (await import('./serve.js')).serveRestore(request);
} catch (error) {
  // Without a conversation there is standard error alone, which is xl's.
  process.stderr.write(`xl-save-helper: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 255;
}

function startSave(request: SaveArguments): void {
  const worker = new Worker(new URL('./save-worker.js', import.meta.url), {
    workerData: request,
    trackUnmanagedFds: false,
  });
  // The signal may be there before the interrupt.
  let pending: InterruptReason | undefined;
  let interrupt: { raise(reason: InterruptReason): void } | undefined;
  const stop = (reason: InterruptReason) => {
    pending ??= reason;
    interrupt?.raise(pending);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop('peer-gone');
  }, PARENT_WATCH_INTERVAL);

  worker.on('message', (shared: SharedInterrupt) => {
    // Loaded while the worker works: it is wanted for a signal only.
    void import('@mig/posix').then(({ Interrupt }) => {
      interrupt = Interrupt.from(shared);
      if (pending !== undefined) interrupt.raise(pending);
    });
  });
  worker.on('error', (error) => {
    process.stderr.write(`xl-save-helper: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 255;
  });
  worker.on('exit', () => {
    clearInterval(watch);
    process.exit();
  });
}
