/**
 * Asks a target whether it would take a domain before the domain is sent. A stock target finds out only
 * once everything has arrived.
 */
import type { Host } from '@mig/hypervisor';
import type { ArrivalRefusal } from '@mig/protocol/handshake';
import type { Check, PreflightQuestion } from '@mig/protocol/preflight';
import { type SentConfiguration, sentConfiguration } from '../configuration/sent-configuration.js';
import { TargetFailure } from '../output/failure.js';
import { askTarget, type Route } from './ask-target.js';

/** The checks of whether any domain may arrive. */
const arrivalChecks: Readonly<Record<string, ArrivalRefusal>> = {
  cordon: 'cordoned',
  arrivals: 'arrivals-full',
};

export interface Leaving {
  readonly domid: number;
  readonly name: string;
  readonly configuration: SentConfiguration;
}

/**
 * Asks the target what `--check` asks it, on a connection of its own. An unknown answer, or a target that
 * cannot be asked, refuses nothing: the migration itself says why the target is out of reach.
 * @throws TargetFailure where it is known that the migration would fail there
 */
export async function refuseTarget(
  host: Host,
  { domid, name, configuration }: Leaving,
  route: Route,
  ask: (question: PreflightQuestion, route: Route) => Promise<readonly Check[]> = askTarget,
): Promise<void> {
  const { question } = await host.checkDeparture(domid, { live: true });
  const sent = sentConfiguration(question.configuration, domid, configuration);
  const checks = await ask({ ...question, configuration: sent }, route);
  const known = checks.filter(({ check, outcome }) => outcome === 'failed' && check !== 'reach');
  if (known.length === 0) return;
  const why = known.map(({ sentence }) => sentence).join('; ');
  const [refusal, ...others] = known.map(({ check }) => arrivalChecks[check]);
  // A refused arrival is refused with --no-check as well.
  const isFinal = [refusal, ...others].some((each) => each !== undefined);
  throw new TargetFailure(
    `${route.host} would not take ${name}: ${why}. It was not touched${isFinal ? '' : '; --no-check tries it anyway'}`,
    others.length === 0 ? refusal : undefined,
  );
}
