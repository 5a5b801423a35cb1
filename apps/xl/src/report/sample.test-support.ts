/** Sample traces: a migration that went well, and parts of one. */
import type { KnownTraceRecord, TraceHeader } from '@mig/trace';

const header: TraceHeader = {
  type: 'header',
  at: 0,
  magic: 'mig trace',
  version: 1,
  date: 1764126000000,
  writer: '0.0.0',
  hypervisor: 'embedded',
  host: 'host1',
  target: 'host2',
  domain: 'busy',
  domid: 1,
  uuid: '00000000-0000-0000-0000-000000000001',
  pageCount: 65536,
  settings: { 'max-downtime': 30, bandwidth: 125000000 },
};

type Consulted = Extract<KnownTraceRecord, { type: 'consulted' }>;

function consulted(at: number, iteration: number, rest: Partial<Consulted> = {}): Consulted {
  return {
    type: 'consulted',
    at,
    point: 'dirty-count-known',
    iteration,
    totalWritten: 0,
    dirtyCount: undefined,
    elapsedMilliseconds: at,
    sendRate: 25_000,
    dirtyRate: undefined,
    lineRate: undefined,
    estimatedDowntime: undefined,
    leastDowntime: undefined,
    decision: 'continue-precopy',
    code: undefined,
    sentence: undefined,
    ...rest,
  };
}

const state = (at: number, name: string): KnownTraceRecord => ({ type: 'state', at, state: name });

function pass(
  from: number,
  to: number,
  iteration: number,
  dirtyPages: number,
  kind: 'precopy' | 'stop-and-copy' = 'precopy',
): KnownTraceRecord[] {
  const noZeros = {
    zeroPages: undefined,
    octetsSaved: undefined,
    compressedPages: undefined,
    octetsSavedByCompression: undefined,
    compressionLevel: undefined,
  };
  const sentPages = dirtyPages - 1;
  const octets = sentPages * 4100;
  return [
    { type: 'pass-started', at: from, kind, iteration, dirtyPages },
    {
      type: 'pass',
      at: to,
      kind,
      iteration,
      dirtyPages,
      sentPages,
      octets,
      milliseconds: to - from,
      ...noZeros,
    },
  ];
}

const reason = { code: 'max-downtime', sentence: 'an estimated downtime of 20 ms, at most 30 ms asked for' };

export const sample: readonly KnownTraceRecord[] = [
  header,
  state(5, 'awaiting-banner'),
  state(40, 'precopy'),
  consulted(41, 0, { dirtyCount: 65536, sendRate: undefined }),
  ...pass(42, 2600, 0, 65536),
  consulted(1000, 0, { point: 'between-batches' }),
  consulted(2601, 1, { point: 'pass-finished' }),
  consulted(2602, 1, { dirtyCount: 4000, dirtyRate: 1563, estimatedDowntime: 170 }),
  ...pass(2603, 2760, 1, 4000),
  consulted(2762, 2, {
    dirtyCount: 400,
    dirtyRate: 2500,
    estimatedDowntime: 20,
    decision: 'stop-and-copy',
    ...reason,
  }),
  state(2763, 'suspending'),
  { type: 'precopy-ended', at: 2763, ...reason },
  state(2770, 'stop-and-copy'),
  { type: 'suspended', at: 2770 },
  ...pass(2771, 2790, 2, 420, 'stop-and-copy'),
  state(2795, 'awaiting-ready'),
  state(2800, 'renaming-away'),
  state(2802, 'giving-permission'),
  state(2803, 'awaiting-report'),
  state(2810, 'destroying'),
  state(2900, 'completed'),
  {
    type: 'complete',
    at: 2901,
    suspendRequestedAt: 2763.5,
    suspendMilliseconds: 6.5,
    downtimeMilliseconds: 46.5,
    suspendCostMilliseconds: 27.5,
    totalMilliseconds: 2770,
    octetsSent: 286_000_000,
  },
];

/** The trace of a writer that was killed in the second pass. */
export const torn = sample.slice(0, 9);

export const failed: readonly KnownTraceRecord[] = [
  ...sample.slice(0, 5),
  {
    type: 'failed',
    at: 1500,
    message: '<b>the connection broke</b>',
    advice: ['busy keeps running here.'],
    exitStatus: 1,
    reason: undefined,
    state: 'precopy',
    outcome: 'keeps-running',
    stoppedBy: undefined,
  },
];

/** The trace of a guest that is never done: a hundred and one passes, and then the rest of the sample. */
export const longest: readonly KnownTraceRecord[] = [
  ...sample.slice(0, 4),
  ...Array.from({ length: 101 }, (_, i) => {
    const dirtyPages = i === 0 ? 65_536 : 4000 + i;
    const at = 42 + 25 * i;
    return [
      ...pass(at, at + 24, i, dirtyPages),
      consulted(at + 24, i + 1, { dirtyCount: 4001 + i, dirtyRate: 160_000, estimatedDowntime: 170 }),
    ];
  }).flat(),
  ...sample
    .slice(sample.findIndex((each) => each.type === 'precopy-ended') - 1)
    .map((each) =>
      each.type === 'pass' || each.type === 'pass-started' ? { ...each, iteration: 101 } : each,
    ),
];

const TIMES = [
  'at',
  'milliseconds',
  'elapsedMilliseconds',
  'estimatedDowntime',
  'suspendRequestedAt',
  'suspendMilliseconds',
  'downtimeMilliseconds',
  'suspendCostMilliseconds',
  'totalMilliseconds',
];
const AMOUNTS = [
  'pageCount',
  'dirtyPages',
  'sentPages',
  'octets',
  'octetsSent',
  'totalWritten',
  'dirtyCount',
];

/** Makes a trace of a longer migration of a larger domain: all times and amounts are so many times as much. */
export function scaled(records: readonly KnownTraceRecord[], factor: number): KnownTraceRecord[] {
  return records.map((record) => {
    const fields = Object.entries(record).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' && (TIMES.includes(name) || AMOUNTS.includes(name)) ? value * factor : value,
    ]);
    return Object.fromEntries(fields) as KnownTraceRecord;
  });
}
