/**
 * Pacing of the worker's events: the progress of a pass, which changes with each batch, is reported from time
 * to time.
 */
import type { MigrationEvent } from '@mig/hypervisor';

export type Emit = (event: MigrationEvent) => void;

/** Least milliseconds between two events of one kind. */
const INTERVAL = 50;

/** Tells whether the next event of that kind makes this one obsolete. */
export function isNews(event: MigrationEvent): boolean {
  if (event.kind !== 'consulted')
    return event.kind === 'pass-progress' || event.kind === 'incoming-pass-progress';
  return event.stats.point === 'between-batches' && event.answer.decision === 'continue-precopy';
}

export function paced(emit: Emit): Emit {
  const toldAt = new Map<MigrationEvent['kind'], number>();
  return (event) => {
    // The bitmap belongs to the loop, and changes.
    if (event.kind === 'log-read') return;
    const now = performance.now();
    if (isNews(event) && now - (toldAt.get(event.kind) ?? 0) < INTERVAL) return;
    toldAt.set(event.kind, now);
    emit(event);
  };
}
