/**
 * Pacing of the worker's events: the progress of a pass, which changes with each batch, is reported from time
 * to time.
 */
import type { TaskEvents } from './task.js';

type TaskEvent = TaskEvents[keyof TaskEvents];

export type Emit = (event: TaskEvent) => void;

/** Least milliseconds between two events of one kind. */
const INTERVAL = 50;

/** Tells whether the next event of that kind makes this one obsolete. */
export function isNews(event: TaskEvent): boolean {
  if (event.kind !== 'consulted')
    return event.kind === 'pass-progress' || event.kind === 'incoming-pass-progress';
  return event.stats.point === 'between-batches' && event.answer.decision === 'continue-precopy';
}

export function paced(emit: Emit): Emit {
  const emittedAt = new Map<TaskEvent['kind'], number>();
  return (event) => {
    // The bitmap belongs to the loop, and changes.
    if (event.kind === 'log-read') return;
    const now = performance.now();
    if (isNews(event) && now - (emittedAt.get(event.kind) ?? 0) < INTERVAL) return;
    emittedAt.set(event.kind, now);
    emit(event);
  };
}
