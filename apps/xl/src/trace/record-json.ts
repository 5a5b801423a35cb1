/**
 * Formats a record as `xl trace show --json` prints it: its fields by their names, a bitmap as runs of dirty
 * pages.
 */
import { dirtyRuns, type TraceRecord } from '@mig/trace';

/** Yields the pieces of a line: a bitmap has more runs than any string could hold. */
export function* recordJson(record: TraceRecord): Generator<string, void, undefined> {
  const { type, at, ...fields } = record;
  if (record.type !== 'log-read') {
    yield JSON.stringify({ event: type, at, ...fields });
    return;
  }
  const { iteration, dirtyPages, bitmap } = record;
  yield `${JSON.stringify({ event: type, at, iteration, dirtyPages }).slice(0, -1)},"dirty":[`;
  let separator = '';
  for (const [first, count] of dirtyRuns(bitmap)) {
    yield `${separator}[${first},${count}]`;
    separator = ',';
  }
  yield ']}';
}
