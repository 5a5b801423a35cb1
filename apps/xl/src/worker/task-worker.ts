/** The worker's side: performs the task, blocking, and reports the outcome. */
import { parentPort } from 'node:worker_threads';
import { Interrupt } from '@mig/posix';
import { explainFailure } from './explain-failure.js';
import { perform } from './perform-task.js';
import type { TaskInput, TaskMessage } from './task.js';

// Late failures in a policy's module must not end the thread before its last message has gone out. mig's own
// errors are caught below.
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => undefined);

function post(message: TaskMessage): void {
  parentPort?.postMessage(message);
}

async function work({ task, stop, abandon, steering, asking }: TaskInput): Promise<void> {
  const interrupts = { stop: Interrupt.from(stop), abandon: Interrupt.from(abandon) };
  const result = await perform(
    task,
    { ...interrupts, steering, asking },
    (event) => post({ kind: 'event', event }),
    (octets) => post({ kind: 'trace', octets }),
  );
  post({ kind: 'result', result });
}

export const done = new Promise<TaskInput>((resolve) => parentPort?.once('message', resolve))
  .then(work)
  .catch((error: unknown) => post({ kind: 'failure', failure: explainFailure(error) }));
