import { Worker } from 'node:worker_threads';
import { Interrupt, type InterruptReason } from '@mig/posix';
import type { Failure, Task, TaskEvent, TaskInput, TaskMessage, TaskResults } from './task.js';

/** A task that failed; already put into words. */
export class TaskError extends Error {
  override readonly name = 'TaskError';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export interface TaskHooks {
  onEvent?(event: TaskEvent): void;
  /** What a signal is to do; to stop, where nothing is said. */
  onSignal?(signal: InterruptReason): SignalEffect;
}

/** `stop` and `abandon`: see TaskInput. `wait`: nothing. */
export type SignalEffect = 'stop' | 'abandon' | 'wait';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a task in a worker and, meanwhile, turns signals into its interrupts.
 * @throws TaskError
 */
export async function runTask<T extends Task>(
  task: T,
  hooks: TaskHooks = {},
): Promise<TaskResults[T['kind']]> {
  const interrupts = { stop: Interrupt.create(), abandon: Interrupt.create() };
  const onSignal = (signal: NodeJS.Signals) => {
    const effect = hooks.onSignal?.(signal as InterruptReason) ?? 'stop';
    if (effect !== 'wait') interrupts[effect].raise(signal as InterruptReason);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return (await inWorker(task, interrupts, hooks)) as TaskResults[T['kind']];
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    interrupts.stop.close();
    interrupts.abandon.close();
  }
}

function inWorker(
  task: Task,
  { stop, abandon }: { stop: Interrupt; abandon: Interrupt },
  hooks: TaskHooks,
): Promise<unknown> {
  const workerData: TaskInput = { task, stop: stop.shared, abandon: abandon.shared };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./task-worker.js', import.meta.url), {
      workerData,
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
