/** A migration that has ended, as its last event tells of it, and as `xl evacuate --json` passes it on. */
import type { EndedMigration } from '@mig/fleet';

/** Figures of a migration by the names of the events `complete` and `failed`. */
export interface MigrationFigures {
  readonly date: string;
  readonly totalMilliseconds: number;
  readonly downtimeMilliseconds?: number | undefined;
  readonly octetsSent: number;
  readonly iterations: number;
}

/** Reads a migration from its last event; undefined if it has not ended, or never reached the target. */
export function endedMigrationIn(event: unknown): EndedMigration | undefined {
  const { event: kind, ...figures } = fieldsOf(event);
  if (kind !== 'complete' && kind !== 'failed') return undefined;
  return endedMigrationOf(kind === 'complete' ? figures : { ...figures, downtimeMilliseconds: undefined });
}

/** Reads the figures of a migration; undefined if they are none. */
export function endedMigrationOf(figures: unknown): EndedMigration | undefined {
  const { date, totalMilliseconds, downtimeMilliseconds, octetsSent = 0, iterations = 0 } = fieldsOf(figures);
  const began = typeof date === 'string' ? Date.parse(date) : NaN;
  if (!isCount(began) || !isCount(totalMilliseconds) || !isCount(octetsSent) || !isCount(iterations))
    return undefined;
  return {
    began,
    milliseconds: totalMilliseconds,
    ...(isCount(downtimeMilliseconds) && { downtimeMilliseconds }),
    octets: octetsSent,
    passes: iterations,
  };
}

/** Names the figures of a migration as events do. */
export function figuresOfMigration(migration: EndedMigration): MigrationFigures {
  const { began, milliseconds, downtimeMilliseconds, octets, passes } = migration;
  return {
    date: new Date(began).toISOString(),
    totalMilliseconds: milliseconds,
    downtimeMilliseconds,
    octetsSent: octets,
    iterations: passes,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Tells whether a value is a number from 0 on that a date can have. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 8.64e15;
}
