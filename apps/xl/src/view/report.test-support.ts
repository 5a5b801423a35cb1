import type { MigrationReport } from '@mig/sender';

export const pass = {
  kind: 'precopy',
  iteration: 0,
  dirtyPages: 9,
  sentPages: 9,
  octets: 40,
  milliseconds: 10,
} as const;

/** Makes a report of a migration with this downtime, in milliseconds. */
export function reportOf(downtime: number): MigrationReport {
  const figures = { octetsSent: 50, totalMilliseconds: 2000, suspendMilliseconds: 3 };
  const precopyEnd = { code: 'stall', sentence: 'a stall' };
  return {
    ...figures,
    downtimeMilliseconds: downtime,
    precopyEnd,
    passes: [pass],
  } as unknown as MigrationReport;
}
