/** A course in words. */
import type { OperatorCourse } from '@mig/sender/operator';
import { bandwidthText } from '@mig/sender/policy';

/** "at most 50 pages dirty; an estimated downtime of at most 300 ms" */
export function goalWords({ precopyThreshold, maxDowntimeMilliseconds }: OperatorCourse): string {
  return listed([
    precopyThreshold !== undefined && `at most ${precopyThreshold} pages dirty`,
    maxDowntimeMilliseconds !== undefined &&
      `an estimated downtime of at most ${Math.round(maxDowntimeMilliseconds)} ms`,
  ]);
}

export function limitWords(course: OperatorCourse): string {
  const { precopyIterations, timeoutMilliseconds, timeoutAction = 'suspend', abortIfBusy } = course;
  return listed([
    precopyIterations !== undefined && `${precopyIterations} live passes`,
    timeoutMilliseconds !== undefined && `${timeoutMilliseconds / 1000} s of precopy, then ${timeoutAction}`,
    abortIfBusy === true && 'where one is reached first, the domain is left running here',
  ]);
}

export function bandwidthWords({ bandwidth, bandwidthAlways }: OperatorCourse): string {
  if (bandwidth === undefined) return 'no limit';
  return bandwidthText(bandwidth) + (bandwidthAlways === true ? ', of the suspended domain, too' : '');
}

function listed(parts: readonly (string | false)[]): string {
  const given = parts.filter((part) => part !== false);
  return given.length === 0 ? 'none' : given.join('; ');
}
