// The thread that migrates, saves or restores a domain: its start, and its data.
'use strict';
const { isMainThread, Worker, workerData } = require('node:worker_threads');

/** Milliseconds for a thread to have loaded. */
const LOADING = 5000;

if (isMainThread) {
  /** @type {{ kind: string, worker: Worker } | undefined} */
  let ahead;

  /** Starts one that is going to be wanted, which loads meanwhile; it keeps nobody from ending. @param {string} kind */
  exports.startAhead = (kind) => {
    // No thread of Node starts there.
    if (!hasWorkingFolder()) return;
    // If none can be started, or this one fails, another may succeed, or else tells why.
    try {
      const worker = startWorker(kind);
      worker.unref();
      ahead = { kind, worker };
      worker.once('error', () => (ahead = undefined));
    } catch {
      return;
    }
  };

  /** @param {string} kind what it is to do; the task comes as a message */
  exports.start = (kind) => {
    if (ahead?.kind !== kind) return startWorker(kind);
    const { worker } = ahead;
    ahead = undefined;
    worker.ref();
    return worker;
  };
} else {
  /** @type {{ kind: string, hasLoaded: Int32Array }} */
  const { kind, hasLoaded } = workerData;
  try {
    const { launch } = require('../dist/launcher.cjs');
    /** @type {{ exports: typeof import('../dist/worker/task-worker.js'), keep(): void }} */
    const task = launch('task-worker.cjs', `xl-${kind}-worker`);
    task.exports.done.then(task.keep);
  } finally {
    Atomics.store(hasLoaded, 0, 1);
    Atomics.notify(hasLoaded, 0);
  }
}

/** @param {string} kind */
function startWorker(kind) {
  const hasLoaded = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, {
    workerData: { kind, hasLoaded },
    // What a policy prints. Node would print it by way of streams of its own, which make pipes non-blocking for all who share
    // them, and the lines of --json are not to have it among them.
    stdout: true,
    stderr: true,
    // Descriptors are opened by Node and closed through @mig/posix, or the reverse.
    trackUnmanagedFds: false,
  });
  // Native code that is stopped while it loads ends the process by SIGABRT.
  const waitUntilLoaded = () => Atomics.wait(hasLoaded, 0, 0, LOADING);
  process.once('exit', waitUntilLoaded);
  worker.once('exit', () => process.off('exit', waitUntilLoaded));
  return worker;
}

function hasWorkingFolder() {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
