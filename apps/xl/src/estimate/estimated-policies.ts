/** The policies that an estimate compares. */
import type { PrecopyPolicy } from '@mig/hypervisor';
import { policyFor, type Settings } from '@mig/sender/policy';
import { checkPolicy, loadPolicy } from '../worker/own-policy.js';
import { type SettingOptions, settingsOf } from '../options/setting-options.js';

export interface EstimatedPolicy {
  readonly name: string;
  readonly policy: PrecopyPolicy;
}

/** Names of the rows that are no options to type. */
export const STOCK = 'stock (5 passes, 50 pages)';
export const AS_GIVEN = 'as given';

const usual: readonly [string, Settings][] = [
  [STOCK, {}],
  ['--precopy-iterations 20', { precopyIterations: 20 }],
  ['--max-downtime 300', { maxDowntime: 300 }],
  ['--max-downtime 100', { maxDowntime: 100 }],
  ['--max-downtime 30', { maxDowntime: 30 }],
  ['--abort-if-busy', { abortIfBusy: true }],
];

/**
 * The policy that the command line asks for, if any, then the usual ones.
 * @throws Failure for options that contradict each other, or a policy that cannot be loaded
 */
export async function estimatedPolicies(options: SettingOptions): Promise<EstimatedPolicy[]> {
  const settings = settingsOf(options);
  if (options.policy !== undefined) await checkPolicy(options.policy);
  const own = options.policy === undefined ? undefined : await loadPolicy(options.policy);
  const given = own !== undefined || Object.values(settings).some((value) => value !== undefined);
  return [
    ...(given ? [{ name: AS_GIVEN, policy: policyFor(settings, own) }] : []),
    ...usual.map(([name, each]) => ({ name, policy: policyFor(each) })),
  ];
}
