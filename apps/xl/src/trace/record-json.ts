/** A record as `xl trace show --json` prints it: its fields by their names, a bitmap as runs of dirty pages. */
import { dirtyRuns, type TraceRecord } from '@mig/protocol/trace';

export function recordJson(record: TraceRecord): object {
  const { type, at, ...fields } = record;
  if (record.type !== 'log-read') return { event: type, at, ...fields };
  const { iteration, dirtyPages, bitmap } = record;
  return { event: type, at, iteration, dirtyPages, dirty: [...dirtyRuns(bitmap)] };
}
