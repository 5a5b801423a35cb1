import { describe, expect, test, vi } from 'vitest';
import { MemorySink, MemorySource } from '@mig/channel';
import {
  HostError,
  type ImageReport,
  type RestoreEvent,
  type SaveEvent,
  type SaveOptions,
} from '@mig/hypervisor';
import { EndOfInputError, Input, InterruptedError, Output, TimeoutError } from '@mig/posix';
import { PrecopyAbortedError } from '@mig/sender';
import type { LibxlDomain } from '../libxl/libxl.js';
import type { HelperListener, LibxlClient } from '../libxl/libxl-client.js';
import { LibxlImages } from './libxl-images.js';
import type { HelperMessage, HelperFailure, LibxlRequest } from '../libxl/libxl-messages.js';
import type { SilentHelper } from '../helper/silent-helper.js';
import type { SavedDomain } from '../helper/stock-save.js';
import { XenDomains } from './xen-domains.js';
import { failure } from '../../../channel/src/failure.test-support.js';

const saved = vi.hoisted(() => new Set<number>());
vi.mock('../xen/saver-processes.js', () => ({
  helpersAtWork: () => [],
  isBeingSavedLive: (domid: number) => saved.has(domid),
}));

/** Stands in for libxl's process. */
const libxl = { answer: (_: LibxlRequest, __?: HelperListener): unknown => undefined };

const DEAD = new HostError('unavailable', "libxl's process has ended");

class Client {
  isUnusable = false;
  readonly busy = false;

  ask(request: LibxlRequest, listener?: HelperListener): unknown {
    try {
      return libxl.answer(request, listener);
    } catch (error) {
      this.isUnusable = error === DEAD;
      throw error;
    }
  }

  close(): void {}
}

const images = () =>
  new LibxlImages(new XenDomains(() => new Client() as unknown as LibxlClient), '/usr/bin/xl-save-helper');
const output = new Output(-1, { subject: 'the test' });
const input = new Input(-1, { subject: 'the test' });
const domain = (suspended: () => void = () => undefined): SavedDomain => ({
  ...{ hvm: true, pages: 9, hasSuspended: () => false, suspended },
});
const save = () => images().save(1, output, options, domain());

test('libxl is not asked to write to, or to read from, what is no descriptor', () => {
  const asked = vi.fn();
  libxl.answer = asked;
  const refused = { code: 'unavailable', message: expect.stringContaining('file descriptor') as unknown };
  expect(failure(() => images().save(1, new MemorySink(), options, domain()))).toMatchObject(refused);
  const none = new MemorySource(new Uint8Array(0));
  const arriving = { configuration: '{}', name: 'one--incoming' };
  expect(failure(() => images().restore(none, arriving))).toMatchObject(refused);
  expect(asked).not.toHaveBeenCalled();
});

const one: LibxlDomain = {
  ...{ domid: 1, name: 'one', uuid: 'u', memory: 98304, vcpus: 2 },
  ...{ paused: true, suspended: false, crashed: false, cpuNanoseconds: 1.5e9 },
};
const two: LibxlDomain = { ...one, domid: 2, name: '1', paused: false, suspended: true };

const report: ImageReport = {
  passes: [],
  precopyEnd: { code: 'test', sentence: 'enough' },
  octets: 500,
  milliseconds: 7,
  suspendRequestedAt: performance.timeOrigin + 1000,
  suspendMilliseconds: 2,
  lineRate: undefined,
};

const options: SaveOptions = {
  live: true,
  debug: false,
  policy: () => ({ decision: 'continue-precopy' }),
  suspendTimeout: 1000,
};

/** Makes a libxl whose helper sends these messages, and that then runs `then`. */
function helper(messages: readonly HelperMessage[], then: () => unknown = () => undefined) {
  libxl.answer = (request, listener) => {
    if (request.kind === 'list') return [one, two];
    requests.push(request);
    for (const message of messages) decisions.push(listener?.hear(message));
    return then();
  };
  const requests: LibxlRequest[] = [];
  const decisions: unknown[] = [];
  return { requests, decisions };
}

function refuse(): never {
  throw new HostError('unavailable', 'ERROR_FAIL', { domid: 1 });
}

describe('a save', () => {
  test("is libxl's, with our helper and our policy", () => {
    const stats = {
      iteration: 0,
      totalWritten: 0,
      dirtyCount: 9,
      point: 'dirty-count-known',
      elapsedMilliseconds: 0,
      sendRate: undefined,
      dirtyRate: undefined,
      dirtyCounts: [],
      suspendCost: 40,
      lineRate: undefined,
      estimatedDowntime: undefined,
      leastDowntime: undefined,
    } as const;
    const started = { kind: 'pass-started', pass: { kind: 'precopy', iteration: 0, dirtyPages: 9 } } as const; // prettier-ignore
    const logRead = { kind: 'log-read', pass: { iteration: 0, dirtyPages: 2 }, bitmap: Uint32Array.of(9) } as const; // prettier-ignore
    const { requests, decisions } = helper([
      { kind: 'helper', pid: 1 },
      { kind: 'saving', event: started },
      { kind: 'consult', stats },
      { kind: 'saving', event: logRead },
      { kind: 'saving', event: { kind: 'suspended' } },
      { kind: 'image', report },
    ]);
    const stop = { decision: 'stop-and-copy', reason: { code: 'test', sentence: `${stats.dirtyCount} pages` } } as const; // prettier-ignore
    const events: SaveEvent[] = [];
    const bandwidth = { octetsPerSecond: 1e6, always: true };
    const patient = new Output(-1, { subject: 'the test', timeout: { what: '', milliseconds: 2500 } });
    const saved = images().save(
      1,
      patient,
      {
        ...options,
        policy: () => stop,
        dirtyBitmaps: true,
        onEvent: (event) => events.push(event),
        bandwidth: () => bandwidth,
        suspendCost: 40.4,
        lineRate: 1000,
      },
      domain(),
    );

    expect(saved.suspendRequestedAt).toBeCloseTo(1000);
    expect(patient.octets).toBe(500);
    const directive = { decision: stop, bandwidth };
    expect(decisions).toEqual([undefined, undefined, directive, undefined, undefined, undefined]);
    expect(events).toEqual([
      started,
      { kind: 'consulted', stats, answer: stop },
      logRead,
      { kind: 'suspended' },
    ]);
    const environment = {
      LIBXL_SAVE_HELPER: '/usr/bin/xl-save-helper',
      MIG_HELPER_LINK: '4,5,bitmaps',
      MIG_SUSPEND_COST: '40',
      MIG_LINE_RATE: '4104000B/s',
      MIG_PROGRESS_TIMEOUT: '3',
      MIG_STOP_AND_COPY_TIMEOUT: '0',
    };
    const stream = { pid: process.pid, fd: -1 };
    expect(requests).toEqual([{ kind: 'suspend', domid: 1, stream, live: true, debug: false, environment }]);
  });

  test('the helper has whole seconds for the stop-and-copy, where a time was said', () => {
    const { requests } = helper([{ kind: 'image', report }]);
    images().save(1, output, { ...options, stopAndCopyTimeout: 1500 }, domain());
    expect(requests.at(-1)).toMatchObject({ environment: { MIG_STOP_AND_COPY_TIMEOUT: '2' } });
  });

  test('tells of the suspend before anybody else hears of it, and ends where that fails', () => {
    const heard: string[] = [];
    const onEvent = ({ kind }: SaveEvent) => heard.push(kind);
    helper([
      { kind: 'saving', event: { kind: 'suspended' } },
      { kind: 'image', report },
    ]);
    images().save(
      1,
      output,
      { ...options, onEvent },
      domain(() => heard.push('host')),
    );
    expect(heard).toEqual(['host', 'suspended']);
    const stale = new HostError('stale', 'it was resumed');
    const save = () =>
      images().save(
        1,
        output,
        { ...options, onEvent },
        domain(() => {
          throw stale;
        }),
      );
    expect(failure(save)).toBe(stale);
    expect(heard).toHaveLength(2);
  });

  test('by another helper is none', () => {
    helper([]);
    expect(failure(() => save()).message).toMatch(/^libxl did not use the save helper/);
  });

  test('that was interrupted says so, whatever the helper made of it', () => {
    helper([{ kind: 'failed', failure: { kind: 'other', message: 'interrupted' } }], () => {
      throw new InterruptedError('SIGINT');
    });
    expect(failure(() => save())).toBeInstanceOf(InterruptedError);
  });
});

describe('of a PV domain', () => {
  const helperOf = (written: number) => ({ written, checkMoves: vi.fn(), isGone: false });
  const handOn = (listener: HelperListener | undefined, helper: ReturnType<typeof helperOf>) => {
    listener?.hear({ kind: 'helper', pid: 1 });
    listener?.hear({ kind: 'handed-on' });
    return listener!.handedOn!(helper as unknown as SilentHelper);
  };

  test("a save is never asked to be live, and is known by its looks at Xen's own helper", () => {
    let suspended = false;
    const noted = vi.fn();
    libxl.answer = (request, listener) => {
      expect(request).toMatchObject({ kind: 'suspend', live: false });
      const look = handOn(listener, helperOf(5000));
      look();
      expect(noted).not.toHaveBeenCalled();
      suspended = true;
      look();
      expect(noted).toHaveBeenCalledOnce();
    };
    const pv = { ...domain(noted), hvm: false, hasSuspended: () => suspended };
    const target = new Output(-1, { subject: 'the test' });
    const report = images().save(1, target, options, pv);
    expect(report).toMatchObject({ octets: 5000, precopyEnd: { code: 'not-live' } });
    expect(target.octets).toBe(5000);
  });

  test('a save that fails leaves no log to be turned off, and takes note of the suspend', () => {
    const requests: LibxlRequest[] = [];
    const noted = vi.fn();
    libxl.answer = (request, listener) => {
      requests.push(request);
      handOn(listener, helperOf(0));
      return refuse();
    };
    const pv = { ...domain(noted), hvm: false, hasSuspended: () => true };
    expect(failure(() => images().save(1, output, options, pv)).message).toBe('ERROR_FAIL');
    expect(noted).toHaveBeenCalledOnce();
    expect(requests).toHaveLength(1);
  });

  test('a restore has the timeout of the stream as long as there is the helper', () => {
    const patient = new Input(-1, { subject: 'the test', timeout: { what: 'none', milliseconds: 9 } });
    libxl.answer = (request, listener) => {
      if (request.kind === 'list') return [];
      const helper = helperOf(0);
      const look = handOn(listener, helper);
      look();
      helper.isGone = true;
      look();
      expect(helper.checkMoves).toHaveBeenCalledExactlyOnceWith({ what: 'none', milliseconds: 9 });
      return 12;
    };
    expect(images().restore(patient, { configuration: '{}', name: 'one' })).toBe(12);
  });
});

describe('log-dirty that a helper has left on', () => {
  const born: HelperMessage = { kind: 'helper', pid: 1 };
  const said: HelperMessage = { kind: 'failed', failure: { kind: 'other', message: 'EPIPE' } };
  const stopped = { kind: 'stop-log-dirty', domid: 1 };

  /** Lets a save fail after these messages. @returns the requests to libxl that follow */
  function askedAfter(
    messages: readonly HelperMessage[],
    error = new HostError('unavailable', 'ERROR_FAIL'),
  ) {
    const { requests } = helper(messages, () => {
      if (requests.length === 1) throw error;
    });
    expect(failure(() => save())).toBeInstanceOf(Error);
    return requests.slice(1);
  }

  test('is turned off after one that died without a word', () => {
    expect(askedAfter([born])).toEqual([stopped]);
    expect(askedAfter([born], DEAD)).toEqual([stopped]);
  });

  test('is left to another that saves the domain by now', () => {
    saved.add(1);
    try {
      expect(askedAfter([born])).toEqual([]);
    } finally {
      saved.clear();
    }
  });

  test('is not, after one that has done so itself, or has not begun', () => {
    expect(askedAfter([born, said])).toEqual([]);
    expect(askedAfter([])).toEqual([]);
  });

  test("does not hide the save's own failure", () => {
    helper([born], refuse);
    expect(failure(() => save()).message).toBe('ERROR_FAIL');
  });
});

const failures: [HelperFailure, new (...parameters: never[]) => Error, object][] = [
  [{ kind: 'aborted', reason: report.precopyEnd }, PrecopyAbortedError, { reason: report.precopyEnd }],
  [{ kind: 'ended', subject: 'the stream', offset: 9, missing: 8 }, EndOfInputError, { offset: 9 }],
  [{ kind: 'timeout', what: 'nothing came', milliseconds: 5 }, TimeoutError, { milliseconds: 5 }],
  [
    { kind: 'host', code: 'suspend-refused', message: 'no' },
    HostError,
    { code: 'suspend-refused', message: 'no' },
  ],
  [{ kind: 'other', message: 'EPIPE' }, HostError, { code: 'unavailable', message: 'EPIPE' }],
];

describe.each(failures)("the helper's failure $kind", (said, kind, fields) => {
  test.each([
    ['save', () => save()],
    ['restore', () => images().restore(input, { configuration: '{}', name: 'one' })],
  ])("counts before libxl's in %s", (_, work) => {
    helper([{ kind: 'failed', failure: said }], refuse);
    const error = failure(work);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(fields);
  });
});

test("libxl's own failure comes through", () => {
  helper([], refuse);
  expect(failure(() => save()).message).toBe('ERROR_FAIL');
});

test('a restore tells what its helper does, where somebody listens', () => {
  const event: RestoreEvent = { kind: 'record-applied', type: 'HVM_CONTEXT' };
  const heard: RestoreEvent[] = [];
  const restore = (onEvent?: (event: RestoreEvent) => void) => {
    const { requests } = helper([{ kind: 'restoring', event }], () => 12);
    images().restore(input, { configuration: '{}', name: 'one', onEvent });
    return requests[0];
  };
  const link = (MIG_HELPER_LINK: string) => ({ environment: { MIG_HELPER_LINK } });
  expect(restore((each) => heard.push(each))).toMatchObject(link('4,5,events'));
  expect(heard).toEqual([event]);
  expect(restore()).toMatchObject(link('4,5'));
});

test('a restore is of the name that it arrives under', () => {
  const { requests } = helper([], () => 12);
  const configuration = '{"c_info":{"name":"one"}}';
  expect(images().restore(input, { configuration, name: 'one--incoming' })).toBe(12);
  expect(requests[0]).toMatchObject({
    kind: 'restore',
    configuration: '{"c_info":{"name":"one--incoming"}}',
  });
});

describe('of a restore that failed', () => {
  const configuration = '{"c_info":{"name":"one","uuid":"u"}}';

  /**
   * Lists the domains destroyed when a restore fails with `end`, in libxl's process or with it, and `after`
   * is the list of domains then.
   */
  function destroyedAmong(after: readonly LibxlDomain[], end = DEAD): number[] {
    const destroyed: number[] = [];
    let there: readonly LibxlDomain[] = [one, two];
    libxl.answer = (request) => {
      if (request.kind === 'restore') {
        there = after;
        throw end;
      }
      if (request.kind === 'list') return there;
      if (request.kind === 'describe') return there.find(({ domid }) => domid === request.domid);
      if (request.kind === 'destroy') destroyed.push(request.domid);
      return undefined;
    };
    expect(failure(() => images().restore(input, { configuration, name: 'one--incoming' }))).toBe(end);
    return destroyed;
  }

  test('nothing is left, though libxl crashed and its process is another', () => {
    expect(destroyedAmong([one, two, { ...one, domid: 7, name: 'one--incoming' }])).toEqual([7]);
    // The domain has no name yet.
    expect(destroyedAmong([one, two, { ...one, domid: 8, name: '' }])).toEqual([8]);
  });

  test('nothing else is touched: the source of a migration to the same host has the same UUID', () => {
    expect(destroyedAmong([one, two])).toEqual([]);
    expect(destroyedAmong([one, two, { ...one, domid: 9, uuid: 'of another' }])).toEqual([]);
  });

  test('nothing of another restore of the same image is touched, which was quicker', () => {
    const incoming = { ...one, domid: 10, name: 'one--incoming' };
    // The name did not go to this domain, and libxl has cleaned up itself.
    expect(destroyedAmong([one, two, incoming], new HostError('name-taken', 'there is one'))).toEqual([]);
    expect(destroyedAmong([one, two, { ...incoming, paused: false }])).toEqual([]);
    expect(destroyedAmong([one, two, { ...incoming, name: 'one' }])).toEqual([]);
  });
});
