/** Settings as a trace has them: by the names of the options; times in milliseconds, rates in octets per second. */
import type { Settings } from '@mig/protocol/trace';
import type { Course } from '../migrate/steering.js';

export function courseSettings({ policy, bandwidth }: Course): Settings {
  return given({
    'precopy-iterations': policy.precopyIterations,
    'precopy-threshold': policy.precopyThreshold,
    'max-downtime': policy.maxDowntime,
    'abort-if-busy': policy.abortIfBusy,
    timeout: policy.timeout,
    'timeout-action': policy.timeoutAction,
    bandwidth: bandwidth && Math.round(bandwidth.octetsPerSecond),
    'bandwidth-always': bandwidth?.always || undefined,
  });
}

export function given(settings: Readonly<Record<string, Settings[string] | undefined>>): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter((pair): pair is [string, Settings[string]] => pair[1] !== undefined),
  );
}
