import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { DescriptorRecording } from '@mig/hypervisor/cases';
import { Recording } from '@mig/hypervisor/model';
import { PageType } from '@mig/protocol';
import { restoreImage } from '@mig/receiver';
import { saveImage, simplePolicy } from '@mig/sender';
import { digest, digests, DOMID, FakeControl, pageOf, Refusal, SEED } from './fake-control.test-support.js';
import { IncomingXenMemory } from './incoming-xen-memory.js';
import { refuseSuspended, XenMemory } from './xen-memory.js';
import { newestVersion } from '../xen/xen-version.js';

const recordings: DescriptorRecording[] = [];
afterEach(() => {
  for (const recording of recordings.splice(0)) recording.close();
});

function record(): DescriptorRecording {
  const recording = new DescriptorRecording();
  recordings.push(recording);
  return recording;
}

const version = { major: 4, minor: 17 };

/** A fake of libxl's part of a save, each step of it a call that may fail. */
class Source extends FakeControl {
  deviceModelLogs = false;
  suspended = false;
  /** Whether the guest suspends; libxl's answer does not tell. */
  acknowledges = true;

  constructor(pageCount: number, holes: readonly number[] = []) {
    super(pageCount);
    for (let pfn = 0; pfn < pageCount; pfn++) if (!holes.includes(pfn)) this.write(pfn, pageOf(pfn));
  }

  open(): XenMemory {
    const callbacks = {
      switchDeviceModelLog: (enabled: boolean) => {
        this.call('deviceModelLog', enabled ? 'on' : 'off');
        this.deviceModelLogs = enabled;
      },
      suspend: () => {
        this.call('suspend');
        this.suspended = true;
        this.facts = { ...this.facts, suspended: this.acknowledges };
      },
    };
    return new XenMemory(this, DOMID, callbacks, version, () => this.anotherSaver);
  }

  /** The pid of another process that saves the domain. */
  anotherSaver: number | undefined;

  readonly leftOn: string[] = [];
  /** Number of pages that its balloon is known to have taken in. */
  tookIn = 0;

  save(recording: DescriptorRecording | Recording, { live = true, debug = false, iterations = 3 } = {}) {
    const memory = this.open();
    try {
      const report = saveImage(memory, recording.output, {
        live,
        debug,
        policy: simplePolicy(iterations, 0),
        onEvent: (event) => {
          if (event.kind === 'note') this.leftOn.push(event.text);
        },
      });
      this.tookIn = memory.takenIn;
      return report;
    } finally {
      memory.close();
    }
  }
}

/**
 * Restores the recording.
 * @returns the target
 */
function arrived(recording: DescriptorRecording | Recording): FakeControl {
  const target = new FakeControl();
  const channels = { store: { evtchn: 1, domid: 0 }, console: { evtchn: 2, domid: 0 } };
  const memory = new IncomingXenMemory(
    target,
    DOMID,
    channels,
    { staticDataDone: () => undefined },
    newestVersion(),
  );
  const input = recording.input();
  try {
    restoreImage(memory, input);
    memory.complete();
  } finally {
    memory.close();
    if ('close' in input) input.close();
  }
  expect(target.leftovers).toEqual([]);
  return target;
}

describe('the domain', () => {
  test('is one that there is', () => {
    const source = new Source(1);
    source.describe = () => undefined;
    expect(() => source.open()).toThrow(expect.objectContaining({ code: 'no-such-domain', domid: DOMID }));
  });

  test('is no PV domain', () => {
    const source = new Source(1);
    source.facts = { ...source.facts, hvm: false };
    expect(() => source.open()).toThrow(expect.objectContaining({ code: 'foreign-domain', domid: DOMID }));
  });

  test('has the header of the Xen that it runs on', () => {
    const memory = new Source(12).open();
    expect(memory.domainHeader).toEqual({ type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 });
    expect(memory.pageCount).toBe(12);
  });
});

test('records come in the order of libxc, those that would be empty not at all', () => {
  const source = new Source(1);
  const memory = source.open();
  expect([...memory.staticData()]).toEqual([]);
  const { tsc, context } = source;
  expect([...memory.context()]).toEqual([
    { type: 'X86_TSC_INFO', ...tsc },
    { type: 'HVM_CONTEXT', context },
  ]);

  const leaves = [{ leaf: 1, subleaf: 0xffffffff, a: 1, b: 2, c: 3, d: 4 }];
  const msrs = [{ index: 0xce, flags: 0, value: 5n }];
  source.policy = { leaves, msrs };
  for (const [index, value] of [[17, 1n], [1, 2n], [12, 3n], [2, 4n], [18, 5n]] as const) source.params.set(index, value); // prettier-ignore
  expect([...memory.staticData()]).toEqual([
    { type: 'X86_CPUID_POLICY', leaves },
    { type: 'X86_MSR_POLICY', msrs },
  ]);
  // Event channels are new at the target.
  const params = [{ index: 1n, value: 2n }, { index: 17n, value: 1n }, { index: 12n, value: 3n }]; // prettier-ignore
  expect([...memory.context()].slice(2)).toEqual([{ type: 'HVM_PARAMS', params }]);
});

test('a live save: logs in pairs, the last reading of the log after the suspend', () => {
  const source = new Source(20, [3]);
  source.save(record());
  expect(source.calls.filter((call) => /log|suspend|Bitmap/i.test(call))).toEqual([
    'deviceModelLog on',
    'allocateBitmap 20',
    'enableLogDirty',
    'cleanLogDirty live',
    'startLogDirty',
    'suspend',
    'cleanLogDirty final',
    'startLogDirty',
    'disableLogDirty',
    'deviceModelLog off',
  ]);
  expect(source.leftovers).toEqual([]);
});

test('a save that is not live has no log', () => {
  const source = new Source(20);
  source.save(record(), { live: false });
  expect(source.calls.filter((call) => /log|bitmap/i.test(call))).toEqual([]);
  expect(source.order.slice(0, 3)).toEqual(['describe', 'pfnCount', 'cpuPolicy']);
});

test('one that is suspended before it is asked was suspended by somebody else', () => {
  const source = new Source(1);
  expect(() => refuseSuspended(source, DOMID)).not.toThrow();
  source.facts = { ...source.facts, suspended: true };
  expect(() => refuseSuspended(source, DOMID)).toThrow(
    expect.objectContaining({
      code: 'stale',
      message: `domain ${DOMID} was suspended by another command meanwhile`,
    }),
  );
});

test('a guest that has not suspended is not taken for suspended, whatever libxl says', () => {
  const source = new Source(20);
  source.acknowledges = false;
  expect(() => source.save(record())).toThrow(
    expect.objectContaining({ code: 'suspend-refused', domid: DOMID }),
  );
  expect(source.calls).not.toContain('cleanLogDirty final');
  expect([source.logsDirty, source.deviceModelLogs, source.leftovers]).toEqual([false, false, []]);
});

test('the log is not read where it is not kept', () => {
  const memory = new Source(1).open();
  expect(() => memory.cleanLogDirty(new Uint32Array(1))).toThrow(
    expect.objectContaining({ code: 'wrong-state' }),
  );
});

test('types are those of Xen, more than it takes at a time as well', () => {
  const source = new Source(2100, [0, 1023, 2099]);
  source.broken.add(1024);
  const types = new Uint8Array(2100);
  source.open().pageTypes(
    Float64Array.from(types, (_, pfn) => pfn),
    2100,
    types,
  );
  expect(source.calls.filter((call) => call.startsWith('readPageTypes'))).toEqual([
    'readPageTypes 1024',
    'readPageTypes 1024',
    'readPageTypes 52',
  ]);
  const odd = [...types.entries()].filter(([, type]) => type !== PageType.NOTAB);
  expect(odd).toEqual([
    [0, PageType.XTAB],
    [1023, PageType.XTAB],
    [1024, PageType.BROKEN],
    [2099, PageType.XTAB],
  ]);
});

test.each([
  ['a descriptor', record],
  ['memory', () => new Recording()],
])('pages are written over holes, in batches that Xen takes, through %s', (_, record) => {
  const holes = [0, 1, 500, 1023, 1024, 2098];
  const source = new Source(2100, holes);
  const recording = record();
  source.save(recording, { debug: true });
  const target = arrived(recording);
  expect(digests(target.pages)).toEqual(digests(source.pages));
  expect(holes.filter((pfn) => target.pages.has(pfn))).toEqual([]);
});

test('a batch is one writev of its pages and one write of its record, and nothing else is called for it', () => {
  const source = new Source(3 * 1024);
  const { output } = record();
  const [write, writev, splice] = [
    vi.spyOn(output, 'write'),
    vi.spyOn(output, 'writev'),
    vi.spyOn(output, 'splice'),
  ];
  const memory = source.open();
  const policy = simplePolicy(1, 0);
  const before = new Map<number, number>();
  const report = saveImage(memory, output, {
    ...{ live: false, debug: false, policy },
    onEvent: (event) => {
      if (event.kind === 'pass-progress') before.set(event.pass.pagesDone, write.mock.calls.length);
    },
  });
  memory.close();
  expect(report.passes).toMatchObject([{ kind: 'stop-and-copy', sentPages: 3072 }]);
  expect(writev).toHaveBeenCalledTimes(3);
  expect(splice).not.toHaveBeenCalled();
  const [first] = before.values();
  expect([...before]).toEqual([
    [1024, first],
    [2048, first! + 1],
    [3072, first! + 2],
  ]);
});

test.each([
  ['1 Gbit/s', 125e6, 0],
  ['209 MB/s', 209e6, 0],
  ['300 MB/s', 300e6, 2],
  ['419 MB/s', 419e6, 2],
  ['420 MB/s', 420e6, 4],
  ['no bandwidth', undefined, 4],
])('with %s a domain of 8 MiB arrives in so many pieces of 2 MiB', (_, octetsPerSecond, pieces) => {
  const source = new Source(2048);
  const memory = source.open();
  const recording = record();
  let now = 0;
  saveImage(memory, recording.output, {
    ...{ live: true, debug: false, policy: simplePolicy(1, 0) },
    // A clock on which each page takes so long that nothing is waited for.
    clock: () => (now += 1e6),
    bandwidth: () => (octetsPerSecond === undefined ? undefined : { octetsPerSecond, always: false }),
  });
  memory.close();
  const target = arrived(recording);
  expect(target.superpages).toHaveLength(pieces);
  expect(digests(target.pages)).toEqual(digests(source.pages));
});

describe('a page that the guest gives back after its type was read', () => {
  test.each([
    ['the first', [0]],
    ['one of many', [7]],
    ['the last', [19]],
    ['several on end', [4, 5, 6]],
    ['all', Array.from({ length: 20 }, (_, pfn) => pfn)],
  ])('%s: zeroes stand in its place, and the rest stays where it is', (_, vanishing) => {
    const source = new Source(20);
    source.beforeMap = () => {
      for (const pfn of vanishing) source.pages.delete(pfn);
    };
    const recording = record();
    source.save(recording);
    const target = arrived(recording);
    const expected = Array.from({ length: 20 }, (_, pfn) =>
      digest(vanishing.includes(pfn) ? new Uint8Array(4096) : pageOf(pfn)),
    );
    expect(digests(target.pages)).toEqual([...expected.entries()]);
  });
});

describe('another save of the domain', () => {
  /** Makes a save of three passes, before the second of which something happens. */
  function interrupted(happens: (source: Source) => void): { source: Source; error: unknown } {
    const source = new Source(64);
    let reads = 0;
    const clean = source.cleanLogDirty.bind(source);
    source.cleanLogDirty = (...parameters) => {
      if (++reads === 1) happens(source);
      return clean(...parameters);
    };
    try {
      source.save(record());
    } catch (error) {
      return { source, error };
    }
    throw new Error('it was not refused');
  }

  test('that has come and gone has ended the log: what the guest wrote since is nowhere', () => {
    const { source, error } = interrupted((source) => (source.logsDirty = false));
    expect(error).toMatchObject({ name: 'HostError', code: 'stale' });
    expect(source.logsDirty).toBe(false);
    expect(source.suspended).toBe(false);
  });

  test('that is at work has the log from then on', () => {
    const { source, error } = interrupted((source) => (source.anotherSaver = 42));
    expect(error).toMatchObject({ name: 'HostError', code: 'held' });
    expect((error as Error).message).toMatch(/whose save helper is process 42$/);
    expect(source.logsDirty).toBe(true);
    expect(source.deviceModelLogs).toBe(true);
  });

  test('that was there before a pass has lost nothing by us', () => {
    const source = new Source(64);
    const memory = source.open();
    memory.enableLogDirty();
    source.anotherSaver = 42;
    source.calls.length = 0;
    expect(() => memory.cleanLogDirty(new Uint32Array(2))).toThrow(HostError);
    expect(source.calls).toEqual([]);
    memory.close();
  });
});

describe('whatever fails', () => {
  function source(): Source {
    const source = new Source(30, [2]);
    source.params.set(1, 0xfeffcn);
    source.beforeMap = () => {
      if (!source.suspended) source.write(5, pageOf(5, 2));
    };
    return source;
  }

  const good = source();
  good.save(record(), { debug: true });
  const turnsOff = ['disableLogDirty', 'deviceModelLog off'];

  test.each(good.calls.map((call, number) => ({ call, number })))('call $number, $call', ({ number }) => {
    const failing = source();
    failing.failing = number;
    const refused = good.calls[number]!;
    const save = () => failing.save(record(), { debug: true });
    // The image is complete by then.
    if (turnsOff.includes(refused)) save();
    else expect(save).toThrow(Refusal);
    expect(failing.leftOn).toEqual(
      turnsOff.includes(refused) ? [expect.stringMatching(/^log-dirty is left on: /)] : [],
    );
    expect(failing.calls.slice(0, number + 1)).toEqual(good.calls.slice(0, number + 1));
    expect(failing.logsDirty).toBe(refused === 'disableLogDirty');
    expect(failing.deviceModelLogs).toBe(refused === 'deviceModelLog off');
    expect(failing.leftovers).toEqual([]);
  });

  test('what failed first is what is said', () => {
    const failing = source();
    vi.spyOn(failing, 'enableLogDirty').mockImplementation(() => {
      throw new HostError('unavailable', 'the first');
    });
    const call = failing.call.bind(failing);
    vi.spyOn(failing, 'call').mockImplementation((...words) => {
      call(...words);
      if (words[1] === 'off') throw new HostError('unavailable', 'the second');
    });
    expect(() => failing.save(record())).toThrow('the first');
    expect(failing.calls.at(-1)).toBe('deviceModelLog off');
  });
});

/** An action of the guest at one point in time. */
interface Act {
  readonly givenBack: readonly number[];
  readonly takenIn: readonly number[];
  readonly written: readonly number[];
}

/**
 * Lets the guest act before calls, one action after the other, until it is suspended; but not while pages
 * are looked at: from just before log-dirty mode is enabled, or the log is read, until the next page is
 * mapped.
 */
function actsIn(source: Source, acts: readonly (Act | undefined)[]): void {
  let at = 0;
  source.beforeCall = () => {
    const { calls } = source;
    const last = (name: string) => calls.findLastIndex((call) => call.startsWith(name));
    // allocateBitmap comes before the first look, cleanLogDirty in the middle of each later one.
    const looks = Math.max(last('allocateBitmap'), last('cleanLogDirty')) > last('map');
    if (source.suspended || looks) return;
    const act = acts[at++];
    if (act === undefined) return;
    for (const pfn of act.givenBack) source.giveBack(pfn);
    for (const pfn of act.takenIn) source.takeIn(pfn);
    for (const pfn of act.written) source.write(pfn, pageOf(pfn, at + 1));
  };
}

describe.each([
  ['a Xen that logs pages that come in', true],
  ['one that does not, as 4.17', false],
])('on %s', (_, logsPagesTakenIn) => {
  test('a domain arrives as it was when it was suspended, whatever its guest did meanwhile', () => {
    const pageCount = 70;
    const pfns = fc.uniqueArray(fc.nat(pageCount - 1), { maxLength: 12 });
    const act = fc.record({ givenBack: pfns, takenIn: pfns, written: pfns });
    const acts = fc.array(fc.option(act, { nil: undefined }), { maxLength: 30 });
    fc.assert(
      fc.property(pfns, acts, fc.nat(4), fc.boolean(), (holes, acts, iterations, live) => {
        const source = new Source(pageCount, holes);
        source.logsPagesTakenIn = logsPagesTakenIn;
        actsIn(source, acts);
        const recording = record();
        source.save(recording, { live, iterations });
        const target = arrived(recording);
        // A page that was given back after it was sent exists at the target, and has no meaning.
        const there = new Map([...target.pages].filter(([pfn]) => source.pages.has(pfn)));
        expect(digests(there)).toEqual(digests(source.pages));
        expect(source.leftovers).toEqual([]);
        expect([source.logsDirty, source.deviceModelLogs]).toEqual([false, false]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('on a Xen that does not log pages that come in', () => {
  /** Makes a save of two live passes, with actions after some calls: "map 2" is the second of that name. */
  function save(source: Source, after: Record<string, () => void>): FakeControl {
    const left = new Map(Object.entries(after));
    source.beforeCall = () => {
      const [last] = source.calls.at(-1)?.split(' ') ?? [];
      const moment = `${last} ${source.calls.filter((call) => call.split(' ')[0] === last).length}`;
      const happens = left.get(moment);
      left.delete(moment);
      happens?.();
    };
    const recording = record();
    source.save(recording, { iterations: 2 });
    expect([...left.keys()]).toEqual([]);
    return arrived(recording);
  }
  const write = (source: Source, pfn: number, version: number) => () => {
    source.write(pfn, pageOf(pfn, version));
  };
  const typesAsked = (source: Source) => source.calls.filter((call) => call.startsWith('readPageTypes'));

  test.each([
    ['the log was turned on', 'enableLogDirty 1'],
    ['all was looked at', 'readPageTypes 1'],
    ['the first pass was sent', 'map 1'],
    ['the log was read', 'cleanLogDirty 1'],
    ['the log was read and its pages looked at', 'readPageTypes 2'],
    ['the last live pass was sent', 'map 2'],
  ])('a page that comes in after %s, and is written to once, arrives', (_, moment) => {
    const source = new Source(70, [66]);
    // Makes a second pass necessary.
    source.beforeMap = () => {
      if (source.suspended) return;
      source.beforeMap = () => undefined;
      source.write(1, pageOf(1, 2));
    };
    const target = save(source, { [moment]: write(source, 66, 2) });
    expect(digests(target.pages)).toEqual(digests(source.pages));
  });

  test('a page that comes in while all are looked at, is sent, and then written to, arrives', () => {
    const source = new Source(2100, [2090]);
    const target = save(source, {
      'readPageTypes 1': write(source, 2090, 2),
      'map 3': write(source, 2090, 3),
    });
    // The page is unknown: all of them are due again.
    const all = ['readPageTypes 1024', 'readPageTypes 1024', 'readPageTypes 52'];
    expect(typesAsked(source).slice(0, 6)).toEqual([...all, ...all]);
    expect(digests(target.pages)).toEqual(digests(source.pages));
  });

  test('a page that is away when the log is read, and back before it is looked at, arrives', () => {
    const source = new Source(70);
    const target = save(source, {
      'map 1': () => {
        source.giveBack(5);
      },
      'cleanLogDirty 1': write(source, 5, 2),
      'map 2': write(source, 5, 3),
    });
    expect(digests(target.pages)).toEqual(digests(source.pages));
  });

  test('a page that comes in for another, the last time before the suspend, arrives', () => {
    const source = new Source(70, [66]);
    const target = save(source, {
      'map 1': () => {
        source.giveBack(5);
        write(source, 66, 2)();
      },
    });
    expect(digest(target.pages.get(66))).toBe(digest(pageOf(66, 2)));
  });

  // Such a page is invisible: its type is the same, the domain has as many pages, and it is not in the log.
  test('a page that goes without having been written to, and is back before anybody looks, arrives as it was', () => {
    const source = new Source(70);
    const target = save(source, {
      'map 1': () => {
        source.giveBack(5, { scrubbed: false });
        write(source, 5, 2)();
      },
    });
    expect(digest(target.pages.get(5))).toBe(digest(pageOf(5)));
  });

  test('memory beyond all that it had is not left behind: the migration is refused', () => {
    const source = new Source(70);
    const more = () => {
      source.takeIn(100);
      vi.spyOn(source, 'pfnCount').mockReturnValue(101);
    };
    expect(() => save(source, { 'map 1': more })).toThrow(
      expect.objectContaining({
        code: 'stale',
        message:
          'domain 7 has got memory beyond the 70 frames that it had when its migration began: migrate it again',
      }),
    );
    expect([source.logsDirty, source.deviceModelLogs, source.leftovers]).toEqual([false, false, []]);
  });

  test('without a balloon nothing more is asked than the types of what is sent', () => {
    const source = new Source(4000, [17, ...Array.from({ length: 1500 }, (_, i) => 2000 + i)]);
    save(source, { 'map 1': write(source, 3, 2), 'map 2': write(source, 4, 2) });
    expect(typesAsked(source)).toEqual([
      ...['readPageTypes 1024', 'readPageTypes 1024', 'readPageTypes 1024', 'readPageTypes 928'],
      // The pages of the log.
      ...['readPageTypes 2'],
    ]);
    expect(source.tookIn).toBe(0);
    // The queries for the number of pages: two for each live pass, one at the start and one after the
    // suspend.
    expect(source.calls.filter((call) => call === 'describe')).toHaveLength(2 * 2 + 2);
  });

  test('with one, holes are looked at once for each reading of the log that shows it', () => {
    const source = new Source(4000, [17, ...Array.from({ length: 1500 }, (_, i) => 2000 + i)]);
    save(source, { 'map 1': write(source, 2000, 2), 'map 3': write(source, 4, 2) });
    const holes = ['readPageTypes 1024', 'readPageTypes 477'];
    expect(typesAsked(source).slice(4)).toEqual(['readPageTypes 1', ...holes, 'readPageTypes 1']);
    expect(source.tookIn).toBe(1);
  });
});
