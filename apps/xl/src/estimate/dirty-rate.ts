/** `xl dirty-rate`: measures how fast a domain writes, and to how much of its memory. */
import { PAGE_SIZE } from '@mig/protocol';
import { DirtyCurve, type DirtySample } from '@mig/sender/estimate';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { millisecondsText, octetsText } from '../output/figures.js';
import { measured } from './measured.js';
import { textTable } from '../output/text-table.js';

/** The version of the JSON format; docs/xl.md lists its fields. */
const SCHEMA = 1;

export async function dirtyRate(
  context: Context,
  nameOrDomid: string,
  { period, json }: { period?: number; json?: true },
): Promise<void> {
  const host = await context.openHost();
  const domain = findDomain(host, nameOrDomid);
  const sample = await measured(context, domain, period);
  if (json === true) context.output.json(inJson(domain, sample));
  else for (const line of inWords(domain.name, sample)) context.output.line(line);
}

function inJson({ domid, name }: { domid: number; name: string }, sample: DirtySample) {
  return { schema: SCHEMA, domid, name, ...sampleJson(sample) };
}

/** The fields common to all forms of a measurement. */
export function sampleJson(sample: DirtySample) {
  const { milliseconds, readings, pageCount, points } = sample;
  return {
    milliseconds,
    readings,
    pageSize: PAGE_SIZE,
    pageCount,
    workingSetPages: new DirtyCurve(sample).workingSet,
    windows: points.map((point) => ({
      milliseconds: point.milliseconds,
      pages: point.pages,
      pagesPerSecond: perSecond(point),
      octetsPerSecond: perSecond(point) * PAGE_SIZE,
      windows: point.windows,
    })),
  };
}

function inWords(name: string, sample: DirtySample): string[] {
  const { milliseconds, readings, pageCount, points } = sample;
  const curve = new DirtyCurve(sample);
  const half = curve.pages(milliseconds / 2);
  const rows = points.map((point) => [
    millisecondsText(point.milliseconds),
    point.pages.toFixed(0),
    perSecond(point).toFixed(0),
    ((perSecond(point) * PAGE_SIZE) / 2 ** 20).toFixed(1),
  ]);
  const heading = ['within', 'pages written', 'pages/s', 'MiB/s'];
  const grows = curve.workingSet - half > curve.workingSet * GROWS;
  return [
    `${name}, measured for ${millisecondsText(milliseconds)} in ${readings} readings; within each time a page counts once:`,
    ...textTable([heading, ...rows], ['right', 'right', 'right', 'right']),
    `working set: ${pagesText(curve.workingSet)} of ${pagesText(pageCount)}` +
      (grows ? '; it was still growing: a longer --period shows more of it' : ''),
  ];
}

/** Least growth of the set in the second half of the time that is more than chance. */
const GROWS = 0.05;

function pagesText(pages: number): string {
  return `${pages} pages (${octetsText(pages * PAGE_SIZE)})`;
}

function perSecond({ pages, milliseconds }: { pages: number; milliseconds: number }): number {
  return (pages / milliseconds) * 1000;
}
