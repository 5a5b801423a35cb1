/**
 * The results of stock `xl migrate` (Xen 4.17.7, a PVH guest) in 13 failures, as recorded, beside ours in
 * the same, as tested. docs/reliability.md has them as a table.
 */
export interface StockCase {
  /** The id in the recordings. */
  readonly id: string;
  readonly what: string;
  readonly stock: End;
  readonly ours: End;
}

/** The end of a migration. */
export interface End {
  /** Exit status of `xl migrate`, or the signal that ended it. */
  readonly status: number | 'SIGKILL';
  /** Whether it ended by itself; otherwise a watchdog ended it. */
  readonly ends?: false;
  readonly source: Guest;
  readonly target: Guest | 'incoming copy left behind';
  readonly logDirty?: 'left on';
}

export type Guest = 'runs' | 'suspended' | 'suspended, away' | 'none' | 'other domain only';

const keepsRunning: End = { status: 1, source: 'runs', target: 'none' };
const leavesLogOn: End = { ...keepsRunning, logDirty: 'left on' };

export const stockCases = [
  {
    id: '1a',
    what: 'the receiver exits before the banner',
    stock: keepsRunning,
    ours: keepsRunning,
  },
  {
    id: '1b',
    what: 'it closes its output before the banner, and goes on reading',
    stock: keepsRunning,
    ours: keepsRunning,
  },
  {
    id: '2a',
    what: 'something else instead of the banner',
    stock: keepsRunning,
    ours: keepsRunning,
  },
  {
    id: '2b',
    what: '24 bytes of the banner, then the end',
    stock: keepsRunning,
    ours: keepsRunning,
  },
  {
    id: '3a',
    what: 'the stream ends on its way to the receiver',
    stock: leavesLogOn,
    ours: keepsRunning,
  },
  {
    id: '3b',
    what: 'the receiver is killed in the middle of the stream',
    stock: { status: 'SIGKILL', ends: false, source: 'suspended', target: 'incoming copy left behind' },
    ours: keepsRunning,
  },
  {
    id: '3c',
    what: 'the receiver and its restore helper are killed',
    stock: { ...leavesLogOn, target: 'incoming copy left behind' },
    ours: keepsRunning,
  },
  {
    id: '4a',
    what: 'the name is taken at the target',
    stock: { status: 1, source: 'runs', target: 'other domain only' },
    ours: { status: 1, source: 'runs', target: 'other domain only' },
  },
  {
    id: '4b',
    what: 'somebody destroys the copy between ready and permission',
    stock: { status: 1, source: 'suspended, away', target: 'none' },
    ours: keepsRunning,
  },
  {
    id: '5a',
    what: 'the sender is killed in the middle of the stream',
    stock: { ...leavesLogOn, status: 'SIGKILL' },
    ours: { ...keepsRunning, status: 'SIGKILL' },
  },
  {
    id: '5a, again',
    what: 'and then a second migration',
    stock: { status: 0, source: 'none', target: 'runs' },
    ours: { status: 0, source: 'none', target: 'runs' },
  },
  {
    id: '5b',
    what: 'the sender gets SIGTERM in the middle of the stream',
    stock: { ...leavesLogOn, status: 143 },
    ours: keepsRunning,
  },
  {
    id: '5c',
    what: "the sender's save helper is killed (in mig a thread, which ends only with the sender)",
    stock: leavesLogOn,
    ours: { ...keepsRunning, status: 'SIGKILL' },
  },
] as const satisfies readonly StockCase[];

export type StockCaseId = (typeof stockCases)[number]['id'];
