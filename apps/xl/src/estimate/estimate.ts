/** `xl migrate --estimate`: predicts a migration with each policy over each link. Nothing is moved. */
import type { Bandwidth, HostInfo } from '@mig/hypervisor';
import { DirtyCurve, simulate } from '@mig/sender/estimate';
import { bandwidthOf, bandwidthText } from '@mig/sender/policy';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { sentTo } from '../host/sent-to.js';
import { millisecondsText, PAGES_PER_MIB } from '../output/figures.js';
import type { SettingOptions } from '../options/setting-options.js';
import { RouteHistory, type SuspendCost, suspendCostOf } from '../target/route-history.js';
import { estimatedPolicies } from './estimated-policies.js';
import { refuseUnsupported, routeOf, stillCurve, stopAndCopy } from '../target/stop-and-copy.js';
import { sampleJson } from './dirty-rate.js';
import type { LinkTimeouts } from '../target/link-speed.js';
import { estimatedLinks, type Link } from '../target/links.js';
import { measured } from './measured.js';
import { estimateTable } from './estimate-table.js';
import { recommendation, type Row } from './recommendation.js';

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

interface LinkRow extends Row {
  readonly link: Link;
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
  const rows: LinkRow[] = links.flatMap((link) =>
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
  const tables = links.map((link) => {
    const ofLink = rows.filter((row) => row.link === link);
    // Of a domain that does not move live there is nothing to choose.
    return {
      link,
      ofLink,
      advice: why === undefined ? recommendation(domain.name, ofLink, costs !== undefined) : undefined,
    };
  });
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
      recommendations: tables.flatMap(({ link, advice }) => (advice ? [{ link: link.name, ...advice }] : [])),
    };
    output.json(json);
    return;
  }
  if (why !== undefined) output.line(`${domain.name} ${why}: it moves as stop-and-copy.`);
  for (const { link, ofLink, advice } of tables) {
    output.line(`${domain.name} ${link.words}${limitText(limit)}:`);
    for (const line of advice?.sentences ?? []) output.line(line);
    for (const line of estimateTable(ofLink)) output.line(line);
    output.line();
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
    return 'Not included, since they depend on HOST, which was not given: the suspend itself, and the start of the target.';
  }
  const { suspend, start = 0 } = costs;
  const cost = millisecondsText(suspend.milliseconds);
  if (!suspend.isMeasured) {
    return (
      `No migration to the target was measured so far: ${cost} of the downtime are assumed for the suspend itself, ` +
      'and nothing for the start of the target.'
    );
  }
  return (
    `Included, as measured before on this route: ${cost} of downtime for the suspend itself, ` +
    `and ${millisecondsText(start)} of the total time for the start of the target.`
  );
}

/** Looks up the costs that a migration would assume. */
function costsOf(info: HostInfo, target: string, whyNotLive: string | undefined): RouteCosts {
  const history = new RouteHistory(info.stateFolder, routeOf(info, target, whyNotLive));
  return { suspend: suspendCostOf(history, info.assumedSuspendCost), start: history.median('start-waits') };
}

function rowJson({ policy, link, prediction }: LinkRow) {
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
