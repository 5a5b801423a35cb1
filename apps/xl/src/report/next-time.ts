/** Says what to do next time, where a goal was missed: from a simulation of the migration that the trace tells of. */
import type { PrecopyPolicy } from '@mig/hypervisor';
import { PAGE_OCTETS } from '@mig/protocol';
import { type CurvePoint, DirtyCurve, type Prediction, simulate } from '@mig/sender/estimate';
import {
  bandwidthOf,
  bandwidthText,
  firstOf,
  isAllowed,
  keyOf,
  policyFor,
  settingNames,
  settingRow,
  type Settings,
} from '@mig/sender/policy';
import type { ReportModel } from './report-model.js';

/** Fewest readings of the log that tell what the guest writes within different times. */
const LEAST_READINGS = 2;
/** Readings over times that differ by no more than this ratio are taken for one. */
const SAME_TIME = 1.2;
/** Largest ratio of the simulated downtime and the measured one: beyond it, the simulation tells nothing. */
const TRUSTED = 1.5;
/** Most passes of a simulation: nothing else need end it. */
const MOST_PASSES = 100;

/** The settings and the line with which a migration is simulated. */
interface Circumstances {
  readonly settings: Settings;
  /** The line's rate in bytes per second. */
  readonly line: number;
}

/** @returns a sentence; undefined if the goal was met, or if the trace does not tell enough */
export function nextTime(model: ReportModel): string | undefined {
  const settings = settingsIn(model);
  const goal = missedGoal(model, settings);
  const lineRate = model.consultations.findLast(({ lineRate = 0 }) => lineRate > 0)?.lineRate;
  const curve = curveOf(model);
  if (goal === undefined || lineRate === undefined || curve === undefined) return undefined;
  const now = { settings, line: lineRate * PAGE_OCTETS };
  const was = settings.bandwidth ?? now.line;
  const play = (circumstances: Circumstances) => played(model, curve, circumstances);
  const factor = errorFactor(model, play(now));
  if (factor === undefined) return undefined;
  const meets = (circumstances: Circumstances, most: number) => {
    const { decision, downtimeMilliseconds = Infinity } = play(circumstances);
    return decision === 'stop-and-copy' && downtimeMilliseconds * factor <= most;
  };
  const faster = rates(was).find((rate) => meets(withRate(now, rate), goal));
  const longer = downtimes(Math.max(settings.maxDowntime ?? 0, downtimeOf(model) ?? 0)).find((most) =>
    meets({ ...now, settings: { ...settings, maxDowntime: most, precopyThreshold: undefined } }, most),
  );
  const ways = [
    ...(faster === undefined ? [] : [`with ${bandwidthText(faster)} (it was ${bandwidthText(was)})`]),
    ...(longer === undefined ? [] : [`with a goal of ${longer} ms`]),
  ];
  if (ways.length === 0) return undefined;
  return `Next time, going by what this trace measured, it should succeed ${ways.join(', or ')}.`;
}

/** The downtime to reach, in milliseconds, where it was missed; infinite if it need only not be aborted. */
function missedGoal({ outcome }: ReportModel, { maxDowntime }: Settings): number | undefined {
  if (outcome?.type === 'failed') {
    return outcome.reason === 'busy' || outcome.reason === 'timeout' ? (maxDowntime ?? Infinity) : undefined;
  }
  if (outcome === undefined || maxDowntime === undefined) return undefined;
  return outcome.downtimeMilliseconds > maxDowntime ? maxDowntime : undefined;
}

/** The settings that held at the end; those of another policy's migration are unknown here. */
function settingsIn({ settingsSpans }: ReportModel): Settings {
  const traced = settingsSpans.at(-1)!.settings;
  return Object.fromEntries(
    settingNames
      .map((name) => [name, traced[keyOf(name)]] as const)
      .filter(([name, value]) => isAllowed(settingRow(name), value)),
  );
}

function downtimeOf({ outcome }: ReportModel): number | undefined {
  return outcome?.type === 'complete' ? outcome.downtimeMilliseconds : undefined;
}

/** Reckons what the guest writes within a time, from the readings of the log after each pass. */
function curveOf({ consultations, header }: ReportModel): DirtyCurve | undefined {
  if (header.settings['policy'] !== undefined) return undefined;
  const readings = consultations.filter(
    (each) => each.point === 'dirty-count-known' && each.dirtyCount !== undefined,
  );
  const windows = readings.slice(1).map((each, i) => ({
    milliseconds: each.at - readings[i]!.at,
    pages: each.dirtyCount!,
  }));
  const points = merged(windows.filter(({ milliseconds }) => milliseconds > 0));
  if (windows.length < LEAST_READINGS || points.length === 0) return undefined;
  const { milliseconds } = points.at(-1)!;
  const { pageCount } = header;
  return new DirtyCurve({ pageCount, milliseconds, readings: windows.length, points, places: [] });
}

/** Points by time; readings over nearly the same time make one, their mean. */
function merged(windows: readonly Pick<CurvePoint, 'milliseconds' | 'pages'>[]): CurvePoint[] {
  const points: CurvePoint[] = [];
  for (const next of [...windows].sort((one, other) => one.milliseconds - other.milliseconds)) {
    const last = points.at(-1);
    if (last === undefined || next.milliseconds > last.milliseconds * SAME_TIME) {
      points.push({ ...next, windows: 1 });
      continue;
    }
    const windows = last.windows + 1;
    const mean = (one: number, other: number) => one + (other - one) / windows;
    points[points.length - 1] = {
      milliseconds: mean(last.milliseconds, next.milliseconds),
      pages: mean(last.pages, next.pages),
      windows,
    };
  }
  return points;
}

function played(
  { header, passes, outcome }: ReportModel,
  curve: DirtyCurve,
  { settings, line }: Circumstances,
): Prediction {
  const assumed = header.settings['suspend-cost'];
  const before = typeof assumed === 'number' ? assumed : 0;
  return simulate(curve, {
    pages: Math.min(header.pageCount, passes[0]?.sentPages ?? header.pageCount),
    octetsPerSecond: line,
    bandwidth: bandwidthOf(settings),
    suspendCost: outcome?.type === 'complete' ? outcome.suspendCostMilliseconds : before,
    policy: firstOf(policyFor(settings), endless),
  });
}

/** Ends a simulation that no policy ends. */
const endless: PrecopyPolicy = ({ iteration }) =>
  iteration < MOST_PASSES
    ? { decision: 'continue-precopy' }
    : { decision: 'abort', reason: { code: 'iterations', sentence: 'it does not end' } };

/**
 * The factor by which the simulation's downtimes must be multiplied, at least 1; undefined if it does not end as the
 * migration did, and so tells nothing.
 */
function errorFactor(model: ReportModel, prediction: Prediction): number | undefined {
  const { outcome } = model;
  if (outcome?.type === 'failed') {
    return prediction.decision === 'abort' && prediction.end.code === outcome.reason ? 1 : undefined;
  }
  const ratio = (downtimeOf(model) ?? NaN) / (prediction.downtimeMilliseconds ?? NaN);
  return ratio <= TRUSTED && ratio >= 1 / TRUSTED ? Math.max(1, ratio) : undefined;
}

/** The same with another rate: that of the line, and of a bandwidth that holds it back. */
function withRate({ settings, line }: Circumstances, rate: number): Circumstances {
  const { bandwidth } = settings;
  if (bandwidth === undefined) return { settings, line: rate };
  return { settings: { ...settings, bandwidth: Math.max(bandwidth, rate) }, line: Math.max(line, rate) };
}

const DIGITS = [1, 2, 3, 4, 5, 6, 8];

/** Round numbers above one, up to the most. */
function above(least: number, most: number, digits: readonly number[]): number[] {
  const found: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(Math.max(1, least))); power <= most; power *= 10) {
    found.push(...digits.map((digit) => digit * power).filter((each) => each > least && each <= most));
  }
  return found;
}

/** Rates of lines, in bytes per second, faster than one. */
function rates(line: number): number[] {
  return above(line * 8, 100e9, [1, 2, 5]).map((bits) => bits / 8);
}

/** Downtimes in milliseconds, longer than one. */
function downtimes(least: number): number[] {
  return above(least, 600_000, DIGITS);
}
