/**
 * `xl migrate --check`: finds what would keep a migration from succeeding, at both ends. Nothing is moved.
 */
import { type Check, type CheckEnd, type CheckOutcome, verdictOf } from '@mig/protocol/preflight';
import type { Host } from '@mig/hypervisor';
import type { SourceTimeouts } from '@mig/sender';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { textTable } from '../output/text-table.js';
import { checkPolicy } from '../worker/own-policy.js';
import { type SettingOptions, settingsOf } from '../options/setting-options.js';
import {
  replacementIn,
  type SentConfiguration,
  sentConfiguration,
} from '../configuration/sent-configuration.js';
import { refuseUnsupported } from '../target/stop-and-copy.js';
import { ExitStatus } from '../output/exit-status.js';
import { askTarget, type Route } from '../target/ask-target.js';
import { targetWords } from '../target/early-end.js';
import { sayConnecting } from '../target/connecting.js';

export interface CheckOptions extends SettingOptions {
  readonly s: string;
  readonly C?: string;
  readonly D?: true;
  readonly json?: true;
  readonly timeouts: Pick<SourceTimeouts, 'banner'>;
}

/** The version of the JSON format; schema/migrate-check.schema.json lists its fields. */
const SCHEMA = 1;

const statuses: Readonly<Record<CheckOutcome, number>> = {
  passed: ExitStatus.success,
  failed: ExitStatus.failure,
  unknown: ExitStatus.outcomeUnknown,
};

export async function check(
  context: Context,
  nameOrDomid: string,
  target: string,
  options: CheckOptions,
): Promise<void> {
  settingsOf(options);
  if (options.policy !== undefined) await checkPolicy(options.policy);
  const host = await context.openHost();
  const { domid, name } = findDomain(host, nameOrDomid);
  const why = host.whyNotLive?.(domid);
  if (why !== undefined) refuseUnsupported(name, why, options);
  const json = await replacementIn(options.C, host, domid, context.log);
  const live = options.precopyIterations !== 0 || options.policy !== undefined;
  const way = { sshCommand: options.s, host: target };
  const where = targetWords(way);
  sayConnecting(where, context.log);
  const route = { ...way, timeout: options.timeouts.banner };
  const checks = await checkMove(host, domid, route, { live, json, preserveDomid: options.D });
  const verdict = verdictOf(checks);
  context.exitStatus = statuses[verdict];
  const { output } = context;
  if (options.json === true) {
    output.json({ schema: SCHEMA, domid, name, target, verdict, checks });
    return;
  }
  const rows = checks.map(({ outcome, check, sentence }) => [outcome, check, sentence]);
  for (const line of textTable(rows, ['left', 'left', 'left'])) output.line(line);
  output.line(summary(checks, `${name} to ${where}`));
}

/** Makes the checks of a move at both ends. */
export async function checkMove(
  host: Host,
  domid: number,
  route: Route,
  { live, ...replaced }: { readonly live: boolean } & SentConfiguration,
): Promise<readonly Placed[]> {
  const { checks: here, question } = await host.checkDeparture(domid, { live });
  const configuration = sentConfiguration(question.configuration, domid, replaced);
  const there = await askTarget({ ...question, configuration }, route);
  return [...here.map(at('source')), ...there.map(at('target'))];
}

type Placed = Check & { readonly at: CheckEnd };

/** Assigns to `end` each check that the table does not know, such as those of a newer mig. */
function at(end: CheckEnd): (check: Check) => Placed {
  return (each) => ({ at: end, ...each });
}

function summary(checks: readonly Placed[], way: string): string {
  const of = (wanted: CheckOutcome) =>
    checks.filter(({ outcome }) => outcome === wanted).map(({ check }) => check);
  const [failed, unknown] = [of('failed'), of('unknown')];
  const open = unknown.length === 0 ? '' : `; unknown: ${unknown.join(', ')}`;
  if (failed.length > 0) return `A migration of ${way} would fail: ${failed.join(', ')}${open}`;
  return `Nothing that could be looked at is in the way of a migration of ${way}${open}`;
}
