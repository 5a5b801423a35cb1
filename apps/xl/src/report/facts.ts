/** The head of a report: how the migration ended, and its main figures. */
import { PAGE_OCTETS, PAGE_SIZE } from '@mig/protocol';
import type { Settings } from '@mig/trace';
import { ASSUMED, tracedSettingsText } from '../output/setting-text.js';
import type { ReportModel } from './report-model.js';
import { countText, largest, octetsText, rateText, timeText } from './units.js';
import { goalOf } from './verdict.js';

export type Facts = readonly (readonly [name: string, value: string])[];

/** The title; a command that reached the target does not serve as its name. */
export function titleOf({ header: { domain, target } }: ReportModel): string {
  return target.startsWith('command: ') ? `Migration of ${domain}` : `Migration of ${domain} to ${target}`;
}

export function keyFigures(model: ReportModel): Facts {
  const { passes, outcome, downtime, length } = model;
  const live = passes.filter(({ kind }) => kind === 'precopy').length;
  const sent = outcome?.type === 'complete' ? outcome.octetsSent : octetsSoFar(model);
  const asked = goalOf(model);
  const { workingSet, written } = guestOf(model);
  return [
    ['downtime', downtime === undefined ? 'none' : timeText(downtime.to - downtime.from)],
    ...(asked === undefined ? [] : ([['downtime asked for', timeText(asked)]] as const)),
    ['total time', timeText(length)],
    ['live passes', String(live)],
    ['sent', octetsText(sent)],
    ['mean rate', rateText(sent, length)],
    ...(workingSet === undefined
      ? []
      : ([['working set, at least', octetsText(workingSet * PAGE_SIZE)]] as const)),
    ...(written === undefined
      ? []
      : ([['guest writes, at least', rateText(written * PAGE_SIZE, 1000)]] as const)),
  ];
}

/** Reckons the bytes sent by a migration that did not succeed, those of a pass that did not end among them. */
function octetsSoFar({ passes, consultations }: ReportModel): number {
  const finished = passes.reduce((sum, { octets = 0 }) => sum + octets, 0);
  return Math.max(finished, (consultations.at(-1)?.totalWritten ?? 0) * PAGE_OCTETS);
}

/**
 * Tells of the guest what the log does: the most distinct pages that it wrote during a pass, and their highest rate
 * in pages per second.
 */
function guestOf({ consultations }: ReportModel) {
  const read = consultations.filter(({ iteration, dirtyCount }) => iteration > 0 && dirtyCount !== undefined);
  if (read.length === 0) return {};
  const rates = read.flatMap(({ dirtyRate }) => dirtyRate ?? []);
  return {
    workingSet: largest(read.map(({ dirtyCount }) => dirtyCount!)),
    written: rates.length === 0 ? undefined : largest(rates),
  };
}

export function circumstances({ header, settingsSpans, outcome }: ReportModel): Facts {
  return [
    ['from', `${header.host}, ${header.hypervisor}`],
    ['to', header.target],
    ['date', `${new Date(header.date).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
    ['options', tracedSettingsText(header.settings)],
    ...settingsSpans
      .slice(1)
      .map(({ from, settings }) => [`from ${timeText(from)} on`, tracedSettingsText(settings)] as const),
    ['domain', `${header.domain} (domid ${header.domid}, ${header.uuid})`],
    ['memory', `${countText(header.pageCount)} pages, ${octetsText(header.pageCount * PAGE_SIZE)}`],
    ...assumedFacts(header.settings),
    ['mig', header.writer],
    ...(outcome?.type === 'failed' && outcome.outcome !== undefined
      ? ([['outcome', `${outcome.outcome}, in state ${outcome.state ?? '–'}`]] as const)
      : []),
  ];
}

function assumedFacts({ [ASSUMED]: cost }: Settings): Facts {
  return typeof cost === 'number' ? [['assumed', `${timeText(cost)} for the suspend itself`]] : [];
}
