/** The report's figures as tables: exact values for the plots. */
import { downtimeCell } from '../output/downtime-words.js';
import type { ReportModel } from './report-model.js';
import { countText, mibRateText, octetsText, timeText } from './units.js';

export interface Table {
  readonly caption: string;
  /** A remark on what the table leaves out. */
  readonly note?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

export interface Column {
  readonly name: string;
  readonly numbers: boolean;
  /** Whether the last column holds sentences, which may take several lines. */
  readonly long?: true;
}

const text = (name: string): Column => ({ name, numbers: false });
const figure = (name: string): Column => ({ name, numbers: true });
const NONE = '–';
const optional = <T>(value: T | undefined, show: (value: T) => string) =>
  value === undefined ? NONE : show(value);

export function passTable({ passes }: ReportModel): Table {
  return {
    caption: 'Passes',
    columns: [
      figure('pass'),
      text('kind'),
      figure('dirty pages'),
      figure('sent pages'),
      figure('octets'),
      figure('time'),
      figure('rate'),
    ],
    rows: passes.map((pass) => [
      String(pass.iteration),
      pass.octets === undefined ? `${pass.kind}, not finished` : pass.kind,
      countText(pass.dirtyPages),
      optional(pass.sentPages, countText),
      optional(pass.octets, octetsText),
      optional(pass.milliseconds, timeText),
      pass.octets === undefined ? NONE : mibRateText(pass.octets, pass.milliseconds ?? 0),
    ]),
  };
}

/** The table of decisions; those between batches only if they ended something. */
export function decisionTable({ consultations }: ReportModel): Table {
  const worthy = consultations.filter(
    ({ point, decision }) => point !== 'between-batches' || decision !== 'continue-precopy',
  );
  const rest = consultations.length - worthy.length;
  return {
    caption: 'What the policy was asked, and its answers',
    ...(rest > 0 && {
      note: `Not shown: ${countText(rest)} consultations between batches, all to continue.`,
    }),
    columns: [
      figure('time'),
      text('asked'),
      figure('passes done'),
      figure('dirty pages'),
      figure('sending'),
      figure('dirtying'),
      figure('downtime now'),
      text('decision'),
      { name: 'reason', numbers: false, long: true },
    ],
    rows: worthy.map((each) => [
      timeText(each.at),
      POINTS[each.point],
      String(each.iteration),
      optional(each.dirtyCount, countText),
      optional(each.sendRate, (rate) => mibRateText(rate * 4096, 1000)),
      optional(each.dirtyRate, (rate) => mibRateText(rate * 4096, 1000)),
      optional(each.estimatedDowntime, (most) => downtimeCell(most, each.leastDowntime, timeText)),
      each.decision,
      each.sentence === undefined ? '' : `${each.sentence} (${each.code ?? ''})`,
    ]),
  };
}

const POINTS = {
  'dirty-count-known': 'log read',
  'pass-finished': 'pass finished',
  'between-batches': 'between batches',
} as const;

export function stateTable({ states }: ReportModel): Table {
  return {
    caption: 'States of the handshake',
    columns: [text('state'), figure('entered'), figure('lasted')],
    rows: states.map(({ state, from, to }) => [state, timeText(from), timeText(to - from)]),
  };
}
