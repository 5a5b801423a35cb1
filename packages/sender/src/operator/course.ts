/** The course of a precopy: what it is to reach and what it may cost. It can change while it runs. */
import type { Bandwidth } from '@mig/hypervisor';
import type { CourseChange, OperatorCourse } from '@mig/protocol/operator';
import { contradiction, type PolicySettings, withDefaults } from '../policies/index.js';

export interface Course {
  readonly policy: PolicySettings;
  readonly bandwidth?: Bandwidth | undefined;
}

/**
 * What holds, the defaults included.
 * @param hasOwnPolicy a policy of the operator's own decides, beside which there are no defaults
 */
export function courseInForce({ policy, bandwidth }: Course, hasOwnPolicy: boolean): OperatorCourse {
  return asSaid({ policy: hasOwnPolicy ? policy : { ...policy, ...withDefaults(policy) }, bandwidth });
}

/** @returns the course that comes of it, or what is wrong with it in a sentence */
export function changedCourse(course: Course, change: CourseChange): Course | string {
  const said: { -readonly [K in keyof CourseChange]: CourseChange[K] } = { ...asSaid(course) };
  // What these two are about goes with it.
  if (change.timeoutMilliseconds === null) delete said.timeoutAction;
  if (change.bandwidth === null) delete said.bandwidthAlways;
  const changed = withoutNulls({ ...said, ...change });
  const policy = settingsOf(changed);
  const { bandwidth, bandwidthAlways } = changed;
  const problem = problemOf(changed) ?? contradiction(policy, { bandwidth, always: bandwidthAlways });
  if (problem !== undefined) return problem;
  return bandwidth === undefined
    ? { policy }
    : { policy, bandwidth: { octetsPerSecond: bandwidth, always: bandwidthAlways === true } };
}

/** Octets per second: below it a migration would not be one. */
const LEAST_BANDWIDTH = 1000;

function problemOf(course: OperatorCourse): string | undefined {
  const { maxDowntimeMilliseconds, timeoutMilliseconds, bandwidth } = course;
  if (maxDowntimeMilliseconds === 0) return '--max-downtime 0: no suspend takes no time';
  if (timeoutMilliseconds === 0) return '--timeout 0: migrate-switchover ends the live passes at once';
  if (bandwidth !== undefined && bandwidth < LEAST_BANDWIDTH) {
    return `--bandwidth ${bandwidth} octets/s: at least ${LEAST_BANDWIDTH} are needed`;
  }
  return undefined;
}

function asSaid({ policy, bandwidth }: Course): OperatorCourse {
  return withoutNulls({
    precopyIterations: policy.precopyIterations,
    precopyThreshold: policy.precopyThreshold,
    maxDowntimeMilliseconds: policy.maxDowntime,
    abortIfBusy: policy.abortIfBusy,
    timeoutMilliseconds: policy.timeout,
    timeoutAction: policy.timeoutAction,
    bandwidth: bandwidth?.octetsPerSecond,
    bandwidthAlways: bandwidth?.always,
  });
}

function settingsOf(course: OperatorCourse): PolicySettings {
  return {
    precopyIterations: course.precopyIterations,
    precopyThreshold: course.precopyThreshold,
    maxDowntime: course.maxDowntimeMilliseconds,
    abortIfBusy: course.abortIfBusy,
    timeout: course.timeoutMilliseconds,
    timeoutAction: course.timeoutAction,
  };
}

function withoutNulls(fields: { readonly [K in keyof OperatorCourse]?: unknown }): OperatorCourse {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
