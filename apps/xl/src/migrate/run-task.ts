import { Worker } from 'node:worker_threads';
import { Interrupt, type InterruptReason } from '@mig/posix';
import type { Failure, Task, TaskEvent, TaskMessage, TaskResults } from './task.js';

/** A task that failed; already put into words. */
export class TaskError extends Error {
  override readonly name = 'TaskError';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export interface TaskHooks {
  onEvent?(event: TaskEvent): void;
  /** A signal was passed on to the task, which ends it where that is safe. */
  onSignal?(signal: InterruptReason): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a task in a worker and, meanwhile, turns signals into its interrupt.
 * @throws TaskError
 */
export async function runTask<T extends Task>(
  task: T,
  hooks: TaskHooks = {},
): Promise<TaskResults[T['kind']]> {
  const interrupt = Interrupt.create();
  const onSignal = (signal: NodeJS.Signals) => {
    interrupt.raise(signal as InterruptReason);
    hooks.onSignal?.(signal as InterruptReason);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return (await inWorker(task, interrupt, hooks)) as TaskResults[T['kind']];
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    interrupt.close();
  }
}

function inWorker(task: Task, interrupt: Interrupt, hooks: TaskHooks): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./task-worker.js', import.meta.url), {
      workerData: { task, interrupt: interrupt.shared },
      // Descriptors are opened by Node and closed through @mig/posix, or the reverse.
      trackUnmanagedFds: false,
    });
    let outcome = () => reject(new Error('the worker ended without a word'));
    worker.on('message', (message: TaskMessage) => {
      if (message.type === 'event') hooks.onEvent?.(message.event);
      else if (message.type === 'result') outcome = () => resolve(message.result);
      else outcome = () => reject(new TaskError(message.failure));
    });
    worker.on('error', (error) => {
      outcome = () => reject(error instanceof Error ? error : new Error(String(error)));
    });
    worker.on('exit', () => outcome());
  });
}
