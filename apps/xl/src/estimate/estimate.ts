/** `xl migrate --estimate`: predicts a migration with each policy over each link. Nothing is moved. */
import type { Bandwidth, HostInfo } from '@mig/hypervisor';
import { PAGE_SIZE } from '@mig/protocol';
import { DirtyCurve, simulate, type Prediction } from '@mig/sender/estimate';
import { bandwidthText } from '@mig/sender/policy';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { sentTo } from '../host/sent-to.js';
import { millisecondsText, octetsText } from '../output/figures.js';
import type { SettingOptions } from '../options/setting-options.js';
import { bandwidthOf } from '@mig/sender/policy';
import { RouteHistory, type SuspendCost, suspendCostOf } from '../target/route-history.js';
import { estimatedPolicies } from './estimated-policies.js';
import { refuseUnsupported, routeOf, stillCurve, stopAndCopy } from '../target/stop-and-copy.js';
import { sampleJson } from './dirty-rate.js';
import type { LinkTimeouts } from '../target/link-speed.js';
import { estimatedLinks, type Link } from '../target/links.js';
import { measured } from './measured.js';
import { textTable } from '../output/text-table.js';

export interface EstimateOptions extends SettingOptions {
  readonly s: string;
  readonly timeouts: LinkTimeouts;
  readonly debug?: true;
  readonly json?: true;
  /** The link's rate in octets per second. */
  readonly link?: number;
  /** The measuring time in milliseconds. */
  readonly period?: number;
}

/** The version of the JSON format; docs/xl.md lists its fields. */
const SCHEMA = 1;
const PAGES_PER_MIB = 2 ** 20 / PAGE_SIZE;

interface Row {
  readonly policy: string;
  readonly link: Link;
  readonly prediction: Prediction;
}

export async function estimate(
  context: Context,
  nameOrDomid: string,
  target: string | undefined,
  options: EstimateOptions,
): Promise<void> {
  const asked = await estimatedPolicies(options);
  const host = await context.openHost();
  const domain = findDomain(host, nameOrDomid);
  const why = host.whyNotLive?.(domain.domid);
  if (why !== undefined) refuseUnsupported(domain.name, why, options);
  const policies = why === undefined ? asked : [{ name: 'stop-and-copy', policy: stopAndCopy }];
  const links = await estimatedLinks(target, options, context.log);
  const inMemory = Math.ceil(domain.memory * PAGES_PER_MIB);
  // A domain that cannot migrate live cannot be measured, and need not be.
  const sample = why === undefined ? await measured(context, domain, options.period) : undefined;
  const curve = sample === undefined ? stillCurve(inMemory) : new DirtyCurve(sample);
  const costs = target === undefined ? undefined : costsOf(host.info(), sentTo(options.s, target), why);
  // A domain has more pfns than pages: holes are not sent.
  const pages = Math.min(curve.sample.pageCount, inMemory);
  const limit = bandwidthOf(options);
  const rows: Row[] = links.flatMap((link) =>
    policies.map(({ name, policy }) => ({
      policy: name,
      link,
      prediction: simulate(curve, {
        pages,
        octetsPerSecond: link.octetsPerSecond,
        bandwidth: limit,
        policy,
        suspendCost: costs?.suspend.milliseconds,
        startCost: costs?.start,
        debug: options.debug === true,
      }),
    })),
  );
  const { output } = context;
  if (options.json === true) {
    const json = {
      schema: SCHEMA,
      domid: domain.domid,
      name: domain.name,
      pages,
      suspendCostMilliseconds: costs?.suspend.milliseconds ?? null,
      suspendCostMeasured: costs?.suspend.isMeasured ?? false,
      startCostMilliseconds: costs?.start ?? null,
      measurement: sample === undefined ? null : sampleJson(sample),
      estimates: rows.map(rowJson),
    };
    output.json(json);
    return;
  }
  if (why !== undefined) output.line(`${domain.name} ${why}: it moves as stop-and-copy.`);
  for (const link of links) {
    output.line(`${domain.name} over ${link.name}${limitText(limit)}:`);
    const ofLink = rows.filter((row) => row.link === link).map(rowText);
    for (const line of textTable([HEADING, ...ofLink], ALIGN)) output.line(line);
  }
  output.line(costsText(costs));
}

function limitText(limit: Bandwidth | undefined): string {
  if (limit === undefined) return '';
  const until = limit.always ? '' : ' until it is suspended';
  return `, at most ${bandwidthText(limit.octetsPerSecond)}${until}`;
}

interface RouteCosts {
  readonly suspend: SuspendCost;
  /** The target's start-up in milliseconds; undefined if none was measured. */
  readonly start: number | undefined;
}

/** The costs that the figures leave out, or take from earlier migrations. */
function costsText(costs: RouteCosts | undefined): string {
  if (costs === undefined) {
    return 'Left out, for without HOST nothing is known of them: what the suspend itself and the target cost.';
  }
  const { suspend, start = 0 } = costs;
  const cost = millisecondsText(suspend.milliseconds);
  if (!suspend.isMeasured) {
    return (
      `No migration to the target was measured so far: ${cost} of the downtime are assumed for the suspend itself, ` +
      'and none of the total time for the target to begin.'
    );
  }
  return (
    `As measured before, ${cost} of the downtime are for the suspend itself, ` +
    `and ${millisecondsText(start)} of the total time for the target to begin.`
  );
}

/** Looks up the costs that a migration would assume. */
function costsOf(info: HostInfo, target: string, whyNotLive: string | undefined): RouteCosts {
  const history = new RouteHistory(info.stateFolder, routeOf(info, target, whyNotLive));
  return { suspend: suspendCostOf(history, info.assumedSuspendCost), start: history.median('start-waits') };
}

const HEADING = ['policy', 'passes', 'sent', 'total time', 'downtime', 'precopy would end'];
const ALIGN = ['left', 'right', 'right', 'right', 'right', 'left'] as const;

function rowText({ policy, prediction }: Row): string[] {
  const { iterations, octets, totalMilliseconds, downtimeMilliseconds, end, decision } = prediction;
  return [
    policy,
    String(iterations),
    octetsText(octets),
    millisecondsText(totalMilliseconds),
    downtimeMilliseconds === undefined ? 'none' : millisecondsText(downtimeMilliseconds),
    `${decision === 'abort' ? 'aborted, ' : ''}${end.code}: ${inShort(end.sentence)}`,
  ];
}

/** Shortens a sentence: its figures are for `--json`. */
function inShort(sentence: string): string {
  return sentence.split(/[;:(]/, 1)[0]!.trim();
}

function rowJson({ policy, link, prediction }: Row) {
  const { iterations, octets, totalMilliseconds, downtimeMilliseconds, end, decision, passes } = prediction;
  return {
    policy,
    link: link.name,
    octetsPerSecond: link.octetsPerSecond,
    iterations,
    octets,
    totalMilliseconds,
    downtimeMilliseconds: downtimeMilliseconds ?? null,
    decision,
    reason: end.code,
    explanation: end.sentence,
    passes,
  };
}
