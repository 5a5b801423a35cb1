/** The time of `--deadline`. */
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

const DAY = 24 * 3600 * 1000;

/**
 * Reads a time: `04:30`, the next time that the clock of this host shows it, or a date and time as ISO 8601 has them.
 * @returns milliseconds since 1970
 * @throws Failure
 */
export function deadlineIn(text: string, now: number): number {
  const [, hours, minutes] = /^([01]?[0-9]|2[0-3]):([0-5][0-9])$/.exec(text) ?? [];
  if (hours !== undefined) {
    const time = new Date(now).setHours(Number(hours), Number(minutes), 0, 0);
    return time > now ? time : time + DAY;
  }
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new Failure(
    `--deadline must be a time such as 04:30 or 2026-12-24T04:30Z, not '${text}'`,
    ExitStatus.usage,
  );
}
