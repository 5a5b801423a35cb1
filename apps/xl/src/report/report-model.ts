/** A trace as the report presents it. Pure. */
import type { RecordOf, Settings, TraceEnd, TraceHeader, TraceRecord } from '@mig/trace';
import { given } from '../worker/settings.js';
import { largest } from './units.js';

/** A span in milliseconds since the target's greeting. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A pass: the span in which it sent. The log is read between passes. */
export interface ReportPass extends Span {
  readonly kind: RecordOf<'pass'>['kind'];
  readonly iteration: number;
  readonly dirtyPages: number;
  /** Pages sent; this and the following fields are known for finished passes. */
  readonly sentPages: number | undefined;
  readonly octets: number | undefined;
  readonly milliseconds: number | undefined;
}

export interface ReportState extends Span {
  readonly state: string;
}

/** The period for which the operator's settings were these. */
export interface SettingsSpan extends Span {
  readonly settings: Settings;
}

export interface ReportModel {
  readonly header: TraceHeader;
  /** The periods of settings, at least one: the header's. */
  readonly settingsSpans: readonly SettingsSpan[];
  readonly passes: readonly ReportPass[];
  readonly states: readonly ReportState[];
  readonly consultations: readonly RecordOf<'consulted'>[];
  readonly precopyEnd: RecordOf<'precopy-ended'> | undefined;
  /**
   * The time in which no host ran the domain: up to the report of success, or to the end of the trace if
   * that is missing.
   */
  readonly downtime: Span | undefined;
  readonly suspendedAt: number | undefined;
  readonly outcome: RecordOf<'complete'> | RecordOf<'failed'> | undefined;
  /** The end of the trace. */
  readonly end: TraceEnd;
  /** The total time in milliseconds: up to the report of success, or to the end of the trace. */
  readonly length: number;
}

/**
 * Makes the model. Its times begin with the target's greeting, as the total time does: how long an operator
 * took to type a password is no part of the migration.
 * @param traced with the header first
 */
export function reportModelOf(
  traced: readonly TraceRecord[],
  end: TraceEnd = { kind: 'whole' },
): ReportModel {
  const greeted = traced.find((each) => each.type === 'state' && each.state !== 'awaiting-banner')?.at ?? 0;
  const records = traced.map((record) => since(greeted, record));
  const [header] = records;
  if (header?.type !== 'header') throw new TypeError('a trace without its header');
  const length = lengthOf(records);
  const only = <K extends TraceRecord['type']>(type: K) =>
    records.filter((record): record is Extract<TraceRecord, { type: K }> => record.type === type);
  const outcome = records.findLast(({ type }) => type === 'complete' || type === 'failed');
  const model = {
    header,
    settingsSpans: settingsSpansOf(header, only('course'), length),
    passes: passesOf(only('pass-started'), only('pass'), length),
    states: statesOf(only('state'), length),
    consultations: only('consulted'),
    precopyEnd: only('precopy-ended').at(-1),
    suspendedAt: only('suspended').at(-1)?.at,
    outcome: outcome as ReportModel['outcome'],
    end,
    length,
  };
  return { ...model, downtime: downtimeOf(model) };
}

function since(began: number, record: TraceRecord): TraceRecord {
  const at = record.at - began;
  return record.type === 'complete'
    ? { ...record, at, suspendRequestedAt: record.suspendRequestedAt - began }
    : { ...record, at };
}

function lengthOf(records: readonly TraceRecord[]): number {
  const success = records.findLast((record) => record.type === 'complete');
  return success === undefined
    ? largest(records.map(({ at }) => at))
    : success.suspendRequestedAt + success.downtimeMilliseconds;
}

function passesOf(
  started: readonly RecordOf<'pass-started'>[],
  finished: readonly RecordOf<'pass'>[],
  length: number,
): ReportPass[] {
  const byIteration = new Map(finished.map((pass) => [pass.iteration, pass]));
  return started.map(({ at, kind, iteration, dirtyPages }) => {
    const pass = byIteration.get(iteration);
    const { sentPages, octets, milliseconds } = pass ?? {};
    const to = milliseconds === undefined ? length : at + milliseconds;
    return { kind, iteration, dirtyPages, sentPages, octets, milliseconds, from: at, to };
  });
}

function settingsSpansOf(
  header: TraceHeader,
  changes: readonly RecordOf<'course'>[],
  length: number,
): SettingsSpan[] {
  const { policy, 'suspend-cost': suspendCost, debug } = header.settings;
  const lasting = given({ policy, 'suspend-cost': suspendCost, debug });
  return [header, ...changes].map(({ at, settings }, i) => ({
    settings: { ...settings, ...lasting },
    from: Math.max(0, at),
    to: changes[i]?.at ?? length,
  }));
}

function statesOf(entered: readonly RecordOf<'state'>[], length: number): ReportState[] {
  return entered.map(({ at, state }, i) => ({
    state,
    from: at,
    to: entered[i + 1]?.at ?? Math.max(at, length),
  }));
}

function downtimeOf({ outcome, states, length }: Omit<ReportModel, 'downtime'>): Span | undefined {
  if (outcome?.type === 'complete') {
    const from = outcome.suspendRequestedAt;
    return { from, to: from + outcome.downtimeMilliseconds };
  }
  const from = states.find(({ state }) => state === 'suspending')?.from;
  if (from === undefined) return undefined;
  const back = states.find(({ state }) => state === 'taken-back')?.from;
  return { from, to: back ?? length };
}
