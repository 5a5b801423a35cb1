import { PAGE_OCTETS } from '@mig/protocol';
import { DirtyCurve, simulate } from '@mig/sender/estimate';
import { policyFor, type Settings } from '@mig/sender/policy';
import type { KnownTraceRecord } from '@mig/trace';
import { expect, test } from 'vitest';
import { traceSettings } from '../worker/settings.js';
import { nextTime } from './next-time.js';
import { reportModelOf } from './report-model.js';
import { sample } from './sample.test-support.js';

const PAGES = 65_536;
const SUSPEND_COST = 20;

interface Guest {
  /** Pages of its working set. */
  readonly set: number;
  /** Pages that it writes a second. */
  readonly rate: number;
}

function curveOf({ set, rate }: Guest): DirtyCurve {
  const points = [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120].map((milliseconds) => ({
    milliseconds,
    pages: Math.min(set, (rate * milliseconds) / 1000),
    windows: 1,
  }));
  return new DirtyCurve({ pageCount: PAGES, milliseconds: 5120, readings: 1, points, places: [] });
}

function predicted(guest: Guest, settings: Settings, megabits: number) {
  return simulate(curveOf(guest), {
    pages: PAGES,
    octetsPerSecond: (megabits / 8) * 1e6,
    suspendCost: SUSPEND_COST,
    policy: policyFor(settings),
  });
}

/** The trace of such a guest's migration over a line of so many Mbit/s. */
function traced(guest: Guest, settings: Settings, megabits: number): KnownTraceRecord[] {
  const { passes, decision, end, downtimeMilliseconds, totalMilliseconds, octets } = predicted(
    guest,
    settings,
    megabits,
  );
  const header = {
    ...(sample[0] as Extract<KnownTraceRecord, { type: 'header' }>),
    pageCount: PAGES,
    settings: traceSettings(settings),
  };
  const asked = sample.find((each) => each.type === 'consulted')!;
  const lineRate = ((megabits / 8) * 1e6) / PAGE_OCTETS;
  const records: KnownTraceRecord[] = [header, { ...asked, at: 0 }];
  let at = 0;
  for (const [i, { kind, dirtyPages, milliseconds }] of passes.entries()) {
    const pass = { kind, iteration: i, dirtyPages };
    records.push({ type: 'pass-started', at, ...pass });
    at += milliseconds;
    records.push({
      type: 'pass',
      zeroPages: undefined,
      octetsSaved: undefined,
      compressedPages: undefined,
      octetsSavedByCompression: undefined,
      compressionLevel: undefined,
      at,
      ...pass,
      sentPages: dirtyPages,
      octets: dirtyPages * 4100,
      milliseconds,
    });
    const next = passes[i + 1] ?? { kind: 'precopy', dirtyPages: guest.set };
    if (kind !== 'precopy' || (next.kind !== 'precopy' && next.kind !== 'remainder')) continue;
    records.push({
      ...asked,
      at,
      iteration: i + 1,
      dirtyCount: next.dirtyPages,
      sendRate: lineRate,
      lineRate,
    });
  }
  if (decision === 'abort') {
    const message = end.sentence;
    const outcome = 'keeps-running';
    const ended = { message, advice: [], exitStatus: 6, reason: end.code, state: 'precopy', outcome };
    return [...records, { type: 'failed', at, ...ended, stoppedBy: 'policy' }];
  }
  const downtime = downtimeMilliseconds!;
  return [
    ...records,
    {
      type: 'complete',
      at: totalMilliseconds,
      suspendRequestedAt: totalMilliseconds - downtime,
      suspendMilliseconds: SUSPEND_COST,
      downtimeMilliseconds: downtime,
      suspendCostMilliseconds: SUSPEND_COST,
      totalMilliseconds,
      octetsSent: octets,
    },
  ];
}

const advice = (...trace: Parameters<typeof traced>) => nextTime(reportModelOf(traced(...trace)));
const busy = { set: 8000, rate: 20_000 };

test.each([
  ['was missed', { maxDowntime: 300 }],
  ['was a condition', { maxDowntime: 300, abortIfBusy: true }],
])('where a goal %s, what is advised would reach it', (_, settings) => {
  const said = advice(busy, settings, 320)!;
  const [, rate, was, unit, goal] =
    /succeed with ([\d.]+) (?:[GM])bit\/s \(it was ([\d.]+) ([GM])bit\/s\), or with a goal of (\d+) ms\.$/.exec(
      said,
    )!;
  expect([was, unit]).toEqual(['320', 'M']);
  const megabits = said.includes(`${rate!} G`) ? Number(rate) * 1000 : Number(rate);
  const faster = predicted(busy, settings, megabits);
  expect(faster).toMatchObject({ decision: 'stop-and-copy' });
  expect(faster.downtimeMilliseconds).toBeLessThanOrEqual(300);
  const longer = predicted(busy, { ...settings, maxDowntime: Number(goal) }, 320);
  expect(longer).toMatchObject({ decision: 'stop-and-copy' });
  expect(longer.downtimeMilliseconds).toBeLessThanOrEqual(Number(goal));
});

test('nothing is said where the goal was met, or where there was none', () => {
  expect(advice({ set: 100, rate: 200 }, { maxDowntime: 300 }, 1000)).toBeUndefined();
  expect(advice(busy, {}, 320)).toBeUndefined();
});

test('nothing is said of what the trace does not tell', () => {
  const trace = traced(busy, { maxDowntime: 300 }, 320);
  const without = (change: (record: KnownTraceRecord) => KnownTraceRecord) =>
    nextTime(reportModelOf(trace.map(change)));
  expect(without((record) => record)).toBeDefined();
  // The line's rate.
  expect(
    without((each) => (each.type === 'consulted' ? { ...each, lineRate: undefined } : each)),
  ).toBeUndefined();
  // What the policy does.
  expect(
    without((each) =>
      each.type === 'header' ? { ...each, settings: { ...each.settings, policy: './mine.mjs' } } : each,
    ),
  ).toBeUndefined();
  // A downtime that is not what the pages explain.
  expect(
    without((each) => (each.type === 'complete' ? { ...each, downtimeMilliseconds: 60_000 } : each)),
  ).toBeUndefined();
  // More than one reading of the log.
  expect(
    without((each) =>
      each.type === 'consulted' && each.iteration > 1 ? { ...each, dirtyCount: undefined } : each,
    ),
  ).toBeUndefined();
});

test('a setting that no mig has written does no harm', () => {
  const records = traced(busy, { maxDowntime: 300 }, 320).map((each) =>
    each.type === 'header'
      ? { ...each, settings: { ...each.settings, 'precopy-iterations': 'many', bandwidth: -1, tomorrow: 5 } }
      : each,
  );
  expect(() => nextTime(reportModelOf(records))).not.toThrow();
});
