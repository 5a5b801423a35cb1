import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import { Input, InterruptedError, Output, TimeoutError } from '@mig/posix';
import { PrecopyAbortedError } from '@mig/sender';
import type { LibxlDomain } from './libxl.js';
import type { HelperListener } from './libxl-client.js';
import type { HelperEvent, HelperFailure, LibxlRequest } from './libxl-messages.js';
import { XenHost } from './xen-host.js';

/** What libxl's process answers, and how many of them were started. */
const libxl = vi.hoisted(() => ({
  answer: (_: LibxlRequest, __?: HelperListener): unknown => undefined,
  started: 0,
  closed: 0,
}));

vi.mock('./detect.js', () => ({ detectXen: () => undefined }));
vi.mock('./libxl-client.js', () => ({
  LibxlClient: class {
    ended = false;
    readonly busy = false;

    constructor() {
      libxl.started++;
    }

    ask(request: LibxlRequest, listener?: HelperListener): unknown {
      try {
        return libxl.answer(request, listener);
      } catch (error) {
        this.ended = error === DEAD;
        throw error;
      }
    }

    close(): void {
      libxl.closed++;
    }
  },
}));

const DEAD = new HostError('unavailable', "libxl's process has ended");

const host = () => new XenHost({ saveHelper: '/usr/bin/xl-save-helper' });
const output = new Output(-1, { subject: 'the test' });
const input = new Input(-1, { subject: 'the test' });

const one: LibxlDomain = {
  domid: 1,
  name: 'one',
  uuid: 'u',
  memory: 98304,
  vcpus: 2,
  paused: true,
  suspended: false,
  crashed: false,
  cpuNanoseconds: 1.5e9,
};
const two: LibxlDomain = { ...one, domid: 2, name: '1', paused: false, suspended: true };

/** Of a host with these two domains. */
function answerOf(request: LibxlRequest): unknown {
  if (request.do === 'list') return [one, two];
  if (request.do === 'describe') return [one, two].find(({ domid }) => domid === request.domid);
  return undefined;
}

beforeEach(() => {
  libxl.answer = answerOf;
});
afterEach(() => {
  libxl.started = libxl.closed = 0;
});

function failure(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

test('what a domain that does not run writes is not logged', () => {
  const log = (domid: number) => failure(() => host().withDirtyLog(domid, () => 'logged'));
  expect(log(2)).toMatchObject({ code: 'wrong-state', message: 'domain 2 is suspended already' });
  expect(log(3)).toMatchObject({ code: 'no-such-domain' });
});

describe('domains', () => {
  test('are described in our units', () => {
    const state = { paused: true, suspended: false, crashed: false };
    const found = { domid: 1, name: 'one', uuid: 'u', memory: 96, vcpus: 2, state, cpuSeconds: 1.5 };
    expect(host().describe(1)).toEqual({ ...found, logDirty: undefined });
    expect(failure(() => host().describe(3))).toMatchObject({ code: 'no-such-domain', domid: 3 });
  });

  test('are found by name first', () => {
    expect(host().find('one')?.domid).toBe(1);
    expect(host().find('1')?.domid).toBe(2);
    expect(host().find('2')?.domid).toBe(2);
    expect(host().find('3')).toBeUndefined();
  });

  test('have the name in their configuration that they have now', () => {
    libxl.answer = (request) =>
      request.do === 'configuration' ? '{"c_info":{"name":"old","uuid":"u"},"b_info":{}}' : answerOf(request);
    expect(host().configuration(1)).toBe('{"c_info":{"name":"one","uuid":"u"},"b_info":{}}');
  });

  test('are not given the name of another', () => {
    expect(failure(() => host().rename(1, '1'))).toMatchObject({ code: 'name-taken', domid: 1 });
    host().rename(2, '1');
  });
});

const report: ImageReport = {
  passes: [],
  precopyEnd: { code: 'test', sentence: 'enough' },
  octets: 500,
  milliseconds: 7,
  suspendRequestedAt: performance.timeOrigin + 1000,
  suspendMilliseconds: 2,
};

const options: SaveOptions = {
  live: true,
  debug: false,
  policy: () => ({ decision: 'continue-precopy' }),
  suspendTimeout: 1000,
};

/** libxl whose helper says this, and that then does as it is told. */
function helper(events: readonly HelperEvent[], then: () => unknown = () => undefined) {
  libxl.answer = (request, listener) => {
    if (request.do === 'describe' || request.do === 'list') return answerOf(request);
    requests.push(request);
    for (const event of events) decisions.push(listener?.event(event));
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
      estimatedDowntime: undefined,
    } as const;
    const { requests, decisions } = helper([
      { event: 'helper', pid: 1 },
      { event: 'pass-started', pass: { kind: 'precopy', iteration: 0, dirtyPages: 9 } },
      { event: 'consult', stats },
      { event: 'log-read', pass: { iteration: 0, dirtyPages: 2 }, bitmap: 'AQAAgA==' },
      { event: 'suspended' },
      { event: 'image', report },
    ]);
    const stop = { decision: 'stop-and-copy', reason: { code: 'test', sentence: `${stats.dirtyCount} pages` } } as const; // prettier-ignore
    const observer = { passStarted: vi.fn(), suspended: vi.fn(), consulted: vi.fn(), logRead: vi.fn() };
    const bandwidth = { octetsPerSecond: 1e6, always: true };
    const patient = new Output(-1, { subject: 'the test', patience: { what: '', milliseconds: 2500 } });
    const saved = host().saveTo(1, patient, {
      ...options,
      policy: () => stop,
      observer,
      bandwidth: () => bandwidth,
      suspendCost: 40.4,
    });

    expect(saved.suspendRequestedAt).toBeCloseTo(1000);
    expect(patient.octets).toBe(500);
    const directive = { decision: stop, bandwidth };
    expect(decisions).toEqual([undefined, undefined, directive, undefined, undefined, undefined]);
    expect(observer.consulted).toHaveBeenCalledExactlyOnceWith(stats, stop);
    expect(observer.logRead).toHaveBeenCalledExactlyOnceWith(
      { iteration: 0, dirtyPages: 2 },
      Uint32Array.of(0x80000001),
    );
    expect(observer.passStarted).toHaveBeenCalledWith({ kind: 'precopy', iteration: 0, dirtyPages: 9 });
    expect(observer.suspended).toHaveBeenCalledOnce();
    const environment = {
      LIBXL_SAVE_HELPER: '/usr/bin/xl-save-helper',
      MIG_HELPER_LINK: '4,5,bitmaps',
      MIG_SUSPEND_COST: '40',
      MIG_PROGRESS_TIMEOUT: '3',
    };
    const stream = { pid: process.pid, fd: -1 };
    expect(requests).toEqual([{ do: 'suspend', domid: 1, stream, live: true, debug: false, environment }]);
  });

  test('of a domain that is suspended is refused: it may run elsewhere', () => {
    const { requests } = helper([]);
    expect(failure(() => host().saveTo(2, output, options))).toMatchObject({ code: 'wrong-state' });
    expect(requests).toEqual([]);
  });

  test('by another helper is none', () => {
    helper([]);
    expect(failure(() => host().saveTo(1, output, options)).message).toMatch(
      /^libxl did not use the save helper/,
    );
  });

  test('that was interrupted says so, whatever the helper made of it', () => {
    helper([{ event: 'failed', failure: { kind: 'other', message: 'interrupted' } }], () => {
      throw new InterruptedError('SIGINT');
    });
    expect(failure(() => host().saveTo(1, output, options))).toBeInstanceOf(InterruptedError);
  });
});

describe('log-dirty that a helper has left on', () => {
  const born: HelperEvent = { event: 'helper', pid: 1 };
  const said: HelperEvent = { event: 'failed', failure: { kind: 'other', message: 'EPIPE' } };
  const stopped = { do: 'stop-log-dirty', domid: 1 };

  /** What is asked of libxl when a save fails after these events. */
  function askedAfter(events: readonly HelperEvent[], error = new HostError('unavailable', 'ERROR_FAIL')) {
    const { requests } = helper(events, () => {
      if (requests.length === 1) throw error;
    });
    expect(failure(() => host().saveTo(1, output, options))).toBeInstanceOf(Error);
    return requests.slice(1);
  }

  test('is turned off after one that died without a word', () => {
    expect(askedAfter([born])).toEqual([stopped]);
    expect(askedAfter([born], DEAD)).toEqual([stopped]);
  });

  test('is not, after one that has done so itself, or has not begun', () => {
    expect(askedAfter([born, said])).toEqual([]);
    expect(askedAfter([])).toEqual([]);
  });

  test("does not hide the save's own failure", () => {
    helper([born], refuse);
    expect(failure(() => host().saveTo(1, output, options)).message).toBe('ERROR_FAIL');
  });
});

const failures: [HelperFailure, new (...parameters: never[]) => Error, object][] = [
  [{ kind: 'aborted', reason: report.precopyEnd }, PrecopyAbortedError, { reason: report.precopyEnd }],
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
    ['saveTo', () => host().saveTo(1, output, options)],
    ['restoreFrom', () => host().restoreFrom(input, { configuration: '{}', name: 'one' })],
  ])("counts before libxl's in %s", (_, work) => {
    helper([{ event: 'failed', failure: said }], refuse);
    const error = failure(work);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(fields);
  });
});

test("libxl's own failure comes through", () => {
  helper([], refuse);
  expect(failure(() => host().saveTo(1, output, options)).message).toBe('ERROR_FAIL');
});

test('a restore is of the name that it arrives under', () => {
  const { requests } = helper([], () => 12);
  const configuration = '{"c_info":{"name":"one"}}';
  expect(host().restoreFrom(input, { configuration, name: 'one--incoming' })).toBe(12);
  expect(requests[0]).toMatchObject({ do: 'restore', configuration: '{"c_info":{"name":"one--incoming"}}' });
});

describe('of a restore that failed', () => {
  const configuration = '{"c_info":{"name":"one","uuid":"u"}}';

  /** What is destroyed where a restore ends so, in libxl's process or with it, and these are there then. */
  function destroyedAmong(after: readonly LibxlDomain[], end = DEAD): number[] {
    const destroyed: number[] = [];
    let there: readonly LibxlDomain[] = [one, two];
    libxl.answer = (request) => {
      if (request.do === 'restore') {
        there = after;
        throw end;
      }
      if (request.do === 'list') return there;
      if (request.do === 'describe') return there.find(({ domid }) => domid === request.domid);
      if (request.do === 'destroy') destroyed.push(request.domid);
      return undefined;
    };
    expect(failure(() => host().restoreFrom(input, { configuration, name: 'one--incoming' }))).toBe(end);
    return destroyed;
  }

  test('nothing is left, though libxl crashed and its process is another', () => {
    expect(destroyedAmong([one, two, { ...one, domid: 7, name: 'one--incoming' }])).toEqual([7]);
    // Before it has a name.
    expect(destroyedAmong([one, two, { ...one, domid: 8, name: '' }])).toEqual([8]);
  });

  test('nothing else is touched: the source of a migration to the same host has the same UUID', () => {
    expect(destroyedAmong([one, two])).toEqual([]);
    expect(destroyedAmong([one, two, { ...one, domid: 9, uuid: 'of another' }])).toEqual([]);
  });

  test('nothing of another restore of the same image is touched, which was quicker', () => {
    const incoming = { ...one, domid: 10, name: 'one--incoming' };
    // This one could not have the name, and libxl has cleaned up after itself.
    expect(destroyedAmong([one, two, incoming], new HostError('name-taken', 'there is one'))).toEqual([]);
    expect(destroyedAmong([one, two, { ...incoming, paused: false }])).toEqual([]);
    expect(destroyedAmong([one, two, { ...incoming, name: 'one' }])).toEqual([]);
  });
});

describe("libxl's process", () => {
  test('is started when it is wanted, once', () => {
    const one = host();
    expect(libxl.started).toBe(0);
    one.list();
    one.list();
    expect([libxl.started, libxl.closed]).toEqual([1, 0]);
  });

  test('is started again where it has ended: what it left suspended is to be resumed', () => {
    const one = host();
    libxl.answer = () => {
      throw DEAD;
    };
    expect(failure(() => one.saveTo(1, output, options))).toBe(DEAD);
    libxl.answer = answerOf;
    one.resume(2);
    expect([libxl.started, libxl.closed]).toEqual([2, 1]);
  });
});
