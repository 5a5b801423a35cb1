/** What the worker tells of its task: how far a pass has come, which changes with each batch, it says now and then. */
import type { MigrationEvent } from '@mig/hypervisor';

export type Emit = (event: MigrationEvent) => void;

/** Milliseconds between two pieces of news of one kind. */
const INTERVAL = 50;

/** Tells the events of which the next says all that counts. */
export function isNews(event: MigrationEvent): boolean {
  if (event.kind !== 'consulted')
    return event.kind === 'pass-progress' || event.kind === 'incoming-pass-progress';
  return event.stats.point === 'between-batches' && event.answer.decision === 'continue-precopy';
}

export function paced(emit: Emit): Emit {
  const toldAt = new Map<MigrationEvent['kind'], number>();
  return (event) => {
    // Its bitmap is the loop's own, and changes.
    if (event.kind === 'log-read') return;
    const now = performance.now();
    if (isNews(event) && now - (toldAt.get(event.kind) ?? 0) < INTERVAL) return;
    toldAt.set(event.kind, now);
    emit(event);
  };
}
