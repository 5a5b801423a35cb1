/** `xl migrate --estimate`: what a migration would come to, with each policy over each link. Nothing is moved. */
import { DirtyCurve, foretell, type Foretold } from '@mig/sender/estimate';
import { PAGE_SIZE } from '@mig/protocol';
import type { Context } from '../commands/context.js';
import { findDomain } from '../commands/find-domain.js';
import { sentTo } from '../commands/sent-to.js';
import { millisecondsText, octetsText } from '../migrate/figures.js';
import { bandwidthLimit, type PolicyOptions } from '../migrate/policy-options.js';
import { startWaits, SuspendCosts } from '../migrate/suspend-costs.js';
import { estimatedCourses } from './courses.js';
import { sampleJson } from './dirty-rate.js';
import type { LinkPatience } from './link-speed.js';
import { estimatedLinks, type Link } from './links.js';
import { measured } from './measured.js';
import { textTable } from './text-table.js';

export interface EstimateOptions extends PolicyOptions {
  readonly s: string;
  readonly timeouts: LinkPatience;
  readonly debug?: true;
  readonly json?: true;
  /** Milliseconds. */
  readonly period?: number;
}

/** Of the JSON; docs/xl.md lists its fields. */
const SCHEMA = 1;
const PAGES_PER_MIB = 2 ** 20 / PAGE_SIZE;

interface Row {
  readonly policy: string;
  readonly link: Link;
  readonly foretold: Foretold;
}

export async function estimate(
  context: Context,
  nameOrDomid: string,
  target: string | undefined,
  options: EstimateOptions,
): Promise<void> {
  const courses = await estimatedCourses(options);
  const host = await context.openHost();
  const domain = findDomain(host, nameOrDomid);
  const links = await estimatedLinks(target, options, (text) => context.log.line(text));
  const sample = await measured(context, domain, options.period);
  const curve = new DirtyCurve(sample);
  const { suspendCost, startCost } = costsOf(host.info(), target, options.s);
  // A domain has more pfns than pages: there is nothing to be sent of its holes.
  const pages = Math.min(sample.pageCount, Math.ceil(domain.memory * PAGES_PER_MIB));
  const limit = bandwidthLimit(options);
  const rows: Row[] = links.flatMap((link) =>
    courses.map(({ name, policy }) => ({
      policy: name,
      link,
      foretold: foretell(curve, {
        pages,
        octetsPerSecond: link.octetsPerSecond,
        bandwidth: limit,
        policy,
        suspendCost,
        startCost,
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
      suspendCostMilliseconds: suspendCost ?? null,
      startCostMilliseconds: startCost ?? null,
      measurement: sampleJson(sample),
      estimates: rows.map(rowJson),
    };
    output.line(JSON.stringify(json, undefined, 4));
    return;
  }
  for (const link of links) {
    output.line(`${domain.name} over ${link.name}:`);
    const ofLink = rows.filter((row) => row.link === link).map(rowText);
    for (const line of textTable([HEADING, ...ofLink], ALIGN)) output.line(line);
  }
  output.line(costsText(target, suspendCost, startCost));
}

/** What the figures leave out, or have in them of earlier migrations. */
function costsText(target: string | undefined, suspendCost: number | undefined, startCost = 0): string {
  if (target === undefined) {
    return 'Left out, for without HOST nothing is known of them: what the suspend itself and the target cost.';
  }
  if (suspendCost === undefined) {
    return 'Left out, for no migration to the target was measured so far: what the suspend itself and the target cost.';
  }
  return (
    `As measured before, ${millisecondsText(suspendCost)} of the downtime are for the suspend itself, ` +
    `and ${millisecondsText(startCost)} of the total time for the target to begin.`
  );
}

/** What migrations that way have cost so far, whatever was dirty. */
function costsOf(
  { hypervisor, stateFolder }: { hypervisor: string; stateFolder: string },
  target: string | undefined,
  sshCommand: string,
): { suspendCost?: number | undefined; startCost?: number | undefined } {
  if (target === undefined) return {};
  const way = `${hypervisor} to ${sentTo(sshCommand, target)}`;
  return { suspendCost: new SuspendCosts(stateFolder).of(way), startCost: startWaits(stateFolder).of(way) };
}

const HEADING = ['policy', 'passes', 'sent', 'total time', 'downtime', 'precopy would end'];
const ALIGN = ['left', 'right', 'right', 'right', 'right', 'left'] as const;

function rowText({ policy, foretold }: Row): string[] {
  const { iterations, octets, totalMilliseconds, downtimeMilliseconds, end, decision } = foretold;
  return [
    policy,
    String(iterations),
    octetsText(octets),
    millisecondsText(totalMilliseconds),
    downtimeMilliseconds === undefined ? 'none' : millisecondsText(downtimeMilliseconds),
    `${decision === 'abort' ? 'aborted, ' : ''}${end.code}: ${inShort(end.sentence)}`,
  ];
}

/** Without the figures behind it, which `--json` has. */
function inShort(sentence: string): string {
  return sentence.split(/[;:(]/, 1)[0]!.trim();
}

function rowJson({ policy, link, foretold }: Row) {
  const { iterations, octets, totalMilliseconds, downtimeMilliseconds, end, decision, passes } = foretold;
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
