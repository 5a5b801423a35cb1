import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Bandwidth,
  HostError,
  type ImageReport,
  type PrecopyDecision,
  type PrecopyStats,
  type RestoreEvent,
  type SaveEvent,
} from '@mig/hypervisor';
import { JsonLines, jsonLine } from '@mig/hypervisor-xen/memory';
import { closeDescriptor, EndOfInputError, Input, Output, pipe, TimeoutError } from '@mig/posix';
import { StreamError } from '@mig/protocol';
import { PrecopyAbortedError } from '@mig/sender';
import { Link } from './link.js';

const open = new Set<number>();
afterEach(() => {
  vi.restoreAllMocks();
  for (const fd of open) closeDescriptor(fd);
  open.clear();
});

/** Freezes the clock. */
function stopTheClock(): void {
  vi.spyOn(performance, 'now').mockReturnValue(1e6);
}

/** Makes a link, with an xl at its other end. */
function listened(more = '') {
  const [news, decisions] = [pipe(), pipe()];
  for (const fd of [news, decisions].flatMap(({ readEnd, writeEnd }) => [readEnd, writeEnd])) open.add(fd);
  const close = (fd: number) => {
    closeDescriptor(fd);
    open.delete(fd);
  };
  const link = Link.open({
    MIG_HELPER_LINK: `${process.pid},${news.writeEnd},${decisions.readEnd}${more}`,
  })!;
  const lines = new JsonLines(new Input(news.readEnd, { subject: 'news' }));
  const output = new Output(decisions.writeEnd, { subject: 'decisions' });
  expect(lines.next()).toEqual({ kind: 'helper', pid: process.pid });
  return {
    link,
    hear: () => lines.next(),
    decide: (decision: PrecopyDecision, bandwidth?: Bandwidth) =>
      output.write(jsonLine({ decision, bandwidth })),
    /** Closes the input: what was said so far is all. */
    rest: () => {
      const end = 'no more';
      new Output(news.writeEnd, { subject: 'the end' }).write(jsonLine(end));
      const all: unknown[] = [];
      for (let each = lines.next(); each !== end; each = lines.next()) all.push(each);
      return all;
    },
    deaf: () => close(news.readEnd),
    mute: () => close(decisions.writeEnd),
  };
}

const reason = { code: 'test', sentence: 'enough' };
const go: PrecopyDecision = { decision: 'continue-precopy' };
const stop: PrecopyDecision = { decision: 'stop-and-copy', reason };

function stats(point: PrecopyStats['point']): PrecopyStats {
  return {
    iteration: 1,
    totalWritten: 2,
    dirtyCount: 3,
    point,
    elapsedMilliseconds: 4,
    sendRate: 5,
    dirtyRate: 6,
    dirtyCounts: [3],
    suspendCost: 8,
    lineRate: 1000,
    estimatedDowntime: 7,
    leastDowntime: 7,
  };
}

test.each([{}, { MIG_HELPER_LINK: '' }, { MIG_HELPER_LINK: '4,5' }])(
  'there is none for %j',
  (environment) => {
    expect(Link.open(environment)).toBeUndefined();
  },
);

describe('the policy', () => {
  test('is that of xl', () => {
    const { link, hear, decide } = listened();
    const { policy } = link;
    for (const [point, decision] of [['dirty-count-known', go], ['pass-finished', stop]] as const) {
      decide(decision);
      expect(policy(stats(point))).toEqual(decision);
      expect(hear()).toEqual({ kind: 'consult', stats: stats(point) });
    } // prettier-ignore
  });

  test('is not asked at each batch: where it was asked just now it goes on', () => {
    stopTheClock();
    const { link, decide, rest } = listened();
    const { policy } = link;
    decide(go);
    policy(stats('dirty-count-known'));
    // If the policy were asked again, it would wait for an answer.
    expect(policy(stats('between-batches'))).toEqual(go);
    expect(rest()).toHaveLength(1);
  });

  test.each([
    ['at once', 0, 100],
    ['after 30 ms', 30, 600],
    ['after a second', 1000, 2000],
  ])('is asked more seldom where the answer takes long: %s', (_, cost, interval) => {
    const clock = { now: 1e6 };
    vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
    const { link, decide, hear } = listened();
    const { policy } = link;
    const next: (this: JsonLines) => unknown = Reflect.get(JsonLines.prototype, 'next');
    vi.spyOn(JsonLines.prototype, 'next').mockImplementation(function (this: JsonLines) {
      clock.now += cost;
      return next.call(this);
    });
    decide(go);
    policy(stats('pass-finished'));
    clock.now += interval - 1;
    // If the policy were asked, no answer would come.
    policy(stats('between-batches'));
    clock.now += 1;
    decide(stop);
    expect(policy(stats('between-batches'))).toEqual(stop);
    expect(hear()).toMatchObject({ stats: { point: 'pass-finished' } });
    expect(hear()).toMatchObject({ stats: { point: 'between-batches' } });
  });

  test('of an xl that has died is an error', () => {
    const { link, mute } = listened();
    mute();
    expect(() => link.policy(stats('dirty-count-known'))).toThrow(EndOfInputError);
  });
});

test('the bandwidth is what xl said last', () => {
  const { link, decide } = listened();
  const { policy } = link;
  const limit = { octetsPerSecond: 1e6, always: false };
  expect(link.bandwidth()).toBeUndefined();
  decide(go, limit);
  policy(stats('dirty-count-known'));
  expect(link.bandwidth()).toEqual(limit);
  decide(go);
  policy(stats('pass-finished'));
  expect(link.bandwidth()).toBeUndefined();
});

test('xl says what else it wants to hear', () => {
  const wants = ({ link }: ReturnType<typeof listened>) => [link.wants('bitmaps'), link.wants('events')];
  expect(wants(listened())).toEqual([false, false]);
  expect(wants(listened(',events'))).toEqual([false, true]);
  const asked = listened(',bitmaps');
  expect(wants(asked)).toEqual([true, false]);
  const read = {
    kind: 'log-read',
    pass: { iteration: 3, dirtyPages: 2 },
    bitmap: Uint32Array.of(5),
  } as const;
  asked.link.onSaveEvent(read);
  expect(asked.rest()).toEqual([{ kind: 'saving', event: read }]);
});

test('xl hears how a restore goes, and of its progress now and then', () => {
  stopTheClock();
  const { link, rest } = listened(',events');
  const pass = { iteration: 0, verify: false, pages: 0, octets: 0 };
  const events: RestoreEvent[] = [
    { kind: 'image-started', domain: { type: 'x86-hvm', xenMajor: 4, xenMinor: 17 } },
    { kind: 'incoming-pass-started', pass },
    { kind: 'incoming-pass-progress', pass: { ...pass, pages: 1 } },
    { kind: 'incoming-pass-progress', pass: { ...pass, pages: 2 } },
    { kind: 'incoming-pass-finished', pass: { ...pass, pages: 2, milliseconds: 3 } },
  ];
  for (const event of events) link.onRestoreEvent(event);
  // At once after the other: the second progress is left out.
  const told = events.filter((_, i) => i !== 3);
  expect(rest()).toEqual(told.map((event) => ({ kind: 'restoring', event })));
});

test('xl hears how the save goes, and what became of it in the time of day', () => {
  stopTheClock();
  const { link, rest } = listened();
  const started = { kind: 'precopy', iteration: 0, dirtyPages: 9 } as const;
  const finished = { ...started, sentPages: 8, octets: 7, milliseconds: 6 };
  const progress = (pagesDone: number) =>
    ({ kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 9, pagesDone } }) as const;
  const events: SaveEvent[] = [
    { kind: 'pass-started', pass: started },
    progress(1),
    progress(2),
    { kind: 'consulted', stats: stats('pass-finished'), answer: go },
    { kind: 'pass-finished', pass: finished },
    { kind: 'precopy-ended', reason },
    { kind: 'suspended' },
  ];
  for (const event of events) link.onSaveEvent(event);
  // What comes at once after the other, and what xl knows.
  const told = events.filter((_, i) => i !== 2 && i !== 3);
  const report: ImageReport = {
    passes: [finished],
    precopyEnd: reason,
    octets: 100,
    milliseconds: 50,
    suspendRequestedAt: 40,
    suspendMilliseconds: 1,
    lineRate: undefined,
  };
  link.image(report);
  expect(rest()).toEqual([
    ...told.map((event) => ({ kind: 'saving', event })),
    { kind: 'image', report: { ...report, suspendRequestedAt: 40 + performance.timeOrigin } },
  ]);
});

test('xl hears that no more news come', () => {
  const { link, rest } = listened();
  link.handedOn();
  expect(rest()).toEqual([{ kind: 'handed-on' }]);
});

function truncated(cause: unknown): StreamError {
  return new StreamError('truncated', 'short', { layer: 'libxc', offset: 9, cause });
}

describe('a failure', () => {
  test.each<[unknown, object]>([
    [new PrecopyAbortedError(reason), { kind: 'aborted', reason }],
    [new TimeoutError('no bytes', 5), { kind: 'timeout', what: 'no bytes', milliseconds: 5 }],
    [new HostError('suspend-refused', 'no'), { kind: 'host', code: 'suspend-refused', message: 'no' }],
    [
      truncated(new EndOfInputError('the stream', 9, 8)),
      { kind: 'ended', subject: 'the stream', offset: 9, missing: 8 },
    ],
    [truncated(undefined), { kind: 'other', message: 'libxc at byte 9: short' }],
    [new RangeError('odd'), { kind: 'other', message: 'odd' }],
    ['thrown', { kind: 'other', message: 'thrown' }],
  ])('%s', (error, failure) => {
    const { link, rest } = listened();
    link.failed(error);
    expect(rest()).toEqual([{ kind: 'failed', failure }]);
  });

  test('is not covered by that of telling it', () => {
    const { link, deaf } = listened();
    deaf();
    expect(() => link.failed(new Error('the first'))).not.toThrow();
    expect(() => link.image({} as ImageReport)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });
});
