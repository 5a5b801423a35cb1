/** The head of a report: how the migration ended, and its main figures. */
import { bandwidthText } from '@mig/sender/policy';
import type { Settings } from '@mig/trace';
import { endText } from './read-trace.js';
import type { ReportModel } from './report-model.js';
import { countText, mibRateText, octetsText, timeText } from './units.js';

export type Facts = readonly (readonly [name: string, value: string])[];

/** The title; a command that reached the target does not serve as its name. */
export function titleOf({ header: { domain, target } }: ReportModel): string {
  return target.startsWith('command: ') ? `Migration of ${domain}` : `Migration of ${domain} to ${target}`;
}

/** The verdict: a word, and a sentence or more. */
export function verdictOf(model: ReportModel): {
  readonly word: string;
  readonly sentences: readonly string[];
} {
  const { outcome, precopyEnd } = model;
  const ended = precopyEnd === undefined ? [] : [`Precopy ended: ${precopyEnd.sentence}.`];
  const flaw = endText(model.end, outcome !== undefined);
  const remark = flaw === undefined ? [] : [`Of this report, ${flaw}.`];
  switch (outcome?.type) {
    case 'complete':
      return { word: 'Succeeded', sentences: [...ended, ...remark] };
    case 'failed':
      return {
        word: 'Failed',
        sentences: [`${outcome.message}.`, ...outcome.advice, ...ended, ...remark],
      };
    case undefined:
      return { word: 'Unknown', sentences: [...ended, ...remark] };
  }
}

export function keyFigures(model: ReportModel): Facts {
  const { passes, outcome, downtime } = model;
  const sent = passes.reduce((sum, { sentPages = 0 }) => sum + sentPages, 0);
  const live = passes.filter(({ kind }) => kind === 'precopy').length;
  const complete = outcome?.type === 'complete' ? outcome : undefined;
  return [
    ['downtime', downtime === undefined ? 'none' : timeText(downtime.to - downtime.from)],
    ['total time', timeText(complete?.totalMilliseconds ?? model.length)],
    ['live passes', String(live)],
    ['pages sent', countText(sent)],
    ...(complete === undefined
      ? []
      : ([
          ['sent in all', octetsText(complete.octetsSent)],
          ['mean rate', mibRateText(complete.octetsSent, complete.totalMilliseconds)],
        ] as const)),
  ];
}

export function circumstances({ header, settingsSpans, outcome }: ReportModel): Facts {
  return [
    ['domain', `${header.domain} (domid ${header.domid}, ${header.uuid})`],
    ['memory', `${countText(header.pageCount)} pages, ${octetsText(header.pageCount * 4096)}`],
    ['from', `${header.host}, ${header.hypervisor}`],
    ['to', header.target],
    ['date', `${new Date(header.date).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
    ['options', settingsText(header.settings)],
    ...settingsSpans
      .slice(1)
      .map(({ from, settings }) => [`from ${timeText(from)} on`, settingsText(settings)] as const),
    ['mig', header.writer],
    ...(outcome?.type === 'failed' && outcome.outcome !== undefined
      ? ([['outcome', `${outcome.outcome}, in state ${outcome.state ?? '–'}`]] as const)
      : []),
  ];
}

function settingsText(settings: Settings): string {
  const named = Object.entries(settings).map(([name, value]) => settingText(name, value));
  return named.length === 0 ? 'none: the defaults' : named.join(', ');
}

function settingText(name: string, value: string | number | boolean): string {
  if (value === true) return name;
  if (name === 'bandwidth') return `${name} ${bandwidthText(Number(value))}`;
  if (['max-downtime', 'timeout', 'suspend-cost'].includes(name)) return `${name} ${timeText(Number(value))}`;
  return `${name} ${String(value)}`;
}
