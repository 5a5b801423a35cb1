/** The report's figures as tables: exact values for the plots. */
import { PAGE_SIZE } from '@mig/protocol';
import { downtimeCell } from '../output/downtime-words.js';
import { passRuns } from './pass-runs.js';
import type { ReportModel } from './report-model.js';
import { countRangeText, countText, octetsText, rateText, timeText } from './units.js';

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
}

const text = (name: string): Column => ({ name, numbers: false });
const figure = (name: string): Column => ({ name, numbers: true });
const NONE = '–';
const optional = <T>(value: T | undefined, show: (value: T) => string) =>
  value === undefined ? NONE : show(value);

export function passTable({ passes }: ReportModel): Table {
  const runs = passRuns(passes);
  return {
    caption: 'Passes',
    ...(runs.length < passes.length && {
      note: 'Of several passes in a row: the fewest and the most pages that one found dirty; the rest is of all of them.',
    }),
    columns: [
      figure('pass'),
      text('kind'),
      figure('dirty pages'),
      figure('sent pages'),
      figure('sent'),
      figure('time'),
      figure('rate'),
    ],
    rows: runs.map(({ numbers, kind, dirtyPages: { least, most }, sent, milliseconds }) => [
      numbers,
      sent === undefined ? `${kind}, not finished` : kind,
      countRangeText(least, most),
      optional(sent?.pages, countText),
      optional(sent?.octets, octetsText),
      sent === undefined ? NONE : timeText(milliseconds),
      sent === undefined ? NONE : rateText(sent.octets, milliseconds),
    ]),
  };
}

/** Most consultations of a table. */
const MOST_ROWS = 30;

/** The table of decisions: those at which the dirty pages were known, and those that ended something. */
export function decisionTable({ consultations }: ReportModel): Table {
  const worthy = thinned(
    consultations.filter(
      ({ point, decision }) => point === 'dirty-count-known' || decision !== 'continue-precopy',
    ),
  );
  const rest = consultations.length - worthy.length;
  return {
    caption: 'What the policy was asked, and its answers',
    ...(rest > 0 && {
      note: `Not shown: ${countText(rest)} consultations, all to continue.`,
    }),
    columns: [
      figure('time'),
      figure('passes done'),
      figure('dirty pages'),
      figure('sending'),
      figure('written, at least'),
      figure('downtime now'),
      text('decision'),
    ],
    rows: worthy.map((each) => [
      timeText(each.at),
      String(each.iteration),
      optional(each.dirtyCount, countText),
      optional(each.sendRate, (rate) => rateText(rate * PAGE_SIZE, 1000)),
      optional(each.dirtyRate, (rate) => rateText(rate * PAGE_SIZE, 1000)),
      optional(each.estimatedDowntime, (most) => downtimeCell(most, each.leastDowntime, timeText)),
      each.code === undefined ? each.decision : `${each.decision}: ${each.code}`,
    ]),
  };
}

/** Leaves some of many consultations: each so many passes one, and those that ended something. */
function thinned(consultations: ReportModel['consultations']): ReportModel['consultations'] {
  const every = Math.ceil(consultations.length / MOST_ROWS);
  return consultations.filter(({ decision }, i) => i % every === 0 || decision !== 'continue-precopy');
}

export function stateTable({ states }: ReportModel): Table {
  return {
    caption: 'States of the handshake',
    columns: [text('state'), figure('entered'), figure('lasted')],
    rows: states.map(({ state, from, to }) => [state, timeText(from), timeText(to - from)]),
  };
}
