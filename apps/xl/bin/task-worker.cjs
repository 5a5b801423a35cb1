// The thread in which a domain is moved, saved or restored: what starts it, and what it starts with.
'use strict';
const { isMainThread, Worker, workerData } = require('node:worker_threads');

if (isMainThread) {
  /** @type {{ kind: string, worker: Worker } | undefined} */
  let ahead;

  /** Starts one that is going to be wanted, which loads meanwhile; it keeps nobody from ending. @param {string} kind */
  exports.startAhead = (kind) => {
    // No thread of Node starts there.
    if (!hasWorkingFolder()) return;
    // Where none can be started, or this one fails, another may do better, and says why if not.
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
  const { launch } = require('../dist/launcher.cjs');
  /** @type {{ exports: typeof import('../dist/migrate/task-worker.js'), keep(): void }} */
  const task = launch('task-worker.cjs', `xl-${workerData}-worker`);
  task.exports.done.then(task.keep);
}

/** @param {string} kind */
function startWorker(kind) {
  return new Worker(__filename, {
    workerData: kind,
    // What a policy prints. Node would print it by way of streams of its own, which make pipes non-blocking for all who share
    // them, and the lines of --json are not to have it among them.
    stdout: true,
    stderr: true,
    // Descriptors are opened by Node and closed through @mig/posix, or the reverse.
    trackUnmanagedFds: false,
  });
}

function hasWorkingFolder() {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
