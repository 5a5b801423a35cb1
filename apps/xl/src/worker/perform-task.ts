import { openHost } from '../host/host.js';
import { measure } from './measure-task.js';
import { type Interrupts, migrate } from './migrate-task.js';
import type { Emit } from './pace.js';
import { receive } from './receive-task.js';
import { restore } from './restore-task.js';
import { save } from './save-task.js';
import type { Task, TaskResults } from './task.js';

/** Performs a task; blocks until it is done. */
export async function perform(
  task: Task,
  interrupts: Interrupts,
  emit: Emit,
  postTrace: (octets: Uint8Array) => void,
): Promise<TaskResults[keyof TaskResults]> {
  const interrupt = interrupts.stop;
  const host = await openHost();
  switch (task.kind) {
    case 'migrate':
      return await migrate(host, task, interrupts, emit, postTrace);
    case 'receive':
      return receive(host, task, interrupt, emit);
    case 'save':
      return save(host, task, interrupt);
    case 'restore':
      return restore(host, task, interrupt);
    case 'measure':
      return measure(host, task, interrupt);
  }
}
