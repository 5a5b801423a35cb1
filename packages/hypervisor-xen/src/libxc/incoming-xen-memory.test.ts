import { afterEach, describe, expect, test } from 'vitest';
import { DescriptorRecording } from '@mig/hypervisor/cases';
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  type GuestType,
  type HvmParam,
  type ImageRecord,
  PAGE_SIZE,
  PageType,
} from '@mig/protocol';
import { ComparisonError, restoreImage } from '@mig/receiver';
import { digest, digests, DOMID, FakeControl, pageOf, Refusal } from './fake-control.test-support.js';
import { IncomingXenMemory, Missing } from './incoming-xen-memory.js';
import {
  pagesIn,
  recordedImage,
  recordedImages,
  recordsIn,
  version2Of,
} from './recorded-images.test-support.js';
import { xenVersions } from '../xen/xen-version.js';

const recordings: DescriptorRecording[] = [];
afterEach(() => {
  for (const recording of recordings.splice(0)) recording.close();
});

/** A fake libxl's part of a restore. */
class Target extends FakeControl {
  readonly missing: number[] = [];

  restore(image: Uint8Array, minor = 20) {
    const recording = new DescriptorRecording();
    recordings.push(recording);
    recording.output.write(image);
    const input = recording.input();
    const channels = { store: { evtchn: 1, domid: 100 }, console: { evtchn: 2, domid: 200 } };
    const callbacks = {
      staticDataDone: (missing: number) => {
        this.call('staticDataDone');
        this.missing.push(missing);
      },
    };
    const version = xenVersions.find((each) => each.minor === minor)!;
    const memory = new IncomingXenMemory(this, DOMID, channels, callbacks, version);
    try {
      const report = restoreImage(memory, input);
      return { ...report, ...memory.complete(), superpages: memory.superpages };
    } finally {
      memory.close();
      input.close();
    }
  }
}

describe.each(recordedImages)("Xen's own %s", (name) => {
  const image = recordedImage(name);
  const target = new Target();
  const results = target.restore(image);
  const pages = pagesIn(image);
  // Parameters 1, 5, 6 and 17. The shortened stream lacks their pages.
  const rings = [0xfeffb, 0xfeffc, 0xfeffd, 0xfefff];

  test('comes into place', () => {
    for (const pfn of rings) expect(pages.has(pfn)).toBe(false);
    const held = new Map([...target.pages].filter(([pfn]) => !rings.includes(pfn)));
    expect(digests(held)).toEqual(digests(pages));
  });

  test('has each page populated once', () => {
    expect(new Set(target.populated).size).toBe(target.populated.length);
    expect([...target.populated].sort((a, b) => a - b)).toEqual([...pages.keys()].sort((a, b) => a - b));
  });

  test('has the CPU that the domain had, before its first page', () => {
    const { leaves } = recordsIn(image, 'X86_CPUID_POLICY')[0]!;
    const { msrs } = recordsIn(image, 'X86_MSR_POLICY')[0]!;
    expect(target.policy).toEqual({ leaves, msrs });
    expect(target.missing).toEqual([0]);
    expect(target.order.slice(0, 3)).toEqual(['setCpuPolicy', 'staticDataDone', 'populate']);
  });

  test('ends with what lets it run, in the order of libxc', () => {
    const { calls } = target;
    expect(calls.slice(-4)).toEqual(['setHvmParam 2', 'setHvmParam 18', 'setHvmContext', 'seedGrantTable']);
    expect(calls.slice(calls.indexOf('setTscInfo')).filter((call) => /^(map|populate)/.test(call))).toEqual(
      [],
    );
    expect(calls.filter((call) => call.startsWith('clearPage'))).toHaveLength(rings.length - 1);
    expect(calls.filter((call) => call.startsWith('resetConsolePage'))).toEqual([`resetConsolePage 1044479`]);
    expect(digest(target.context)).toBe(digest(recordsIn(image, 'HVM_CONTEXT')[0]!.context));
    const { mode, khz, nanoseconds, incarnation } = recordsIn(image, 'X86_TSC_INFO')[0]!;
    expect(target.tsc).toEqual({ mode, khz, nanoseconds, incarnation });
    expect(results).toMatchObject({ storeGfn: 0xfeffcn, consoleGfn: 0xfefffn, octets: image.length });
    expect(target.grants).toEqual([
      { gfn: 0xfefffn, domid: 200 },
      { gfn: 0xfeffcn, domid: 100 },
    ]);
    expect(target.leftovers).toEqual([]);
  });

  test('has its parameters, and the channels that libxl made', () => {
    const { params } = recordsIn(image, 'HVM_PARAMS')[0]!;
    const expected = new Map(params.map(({ index, value }) => [Number(index), value]));
    expect(target.params).toEqual(expected.set(2, 1n).set(18, 2n));
  });

  test('comes into place from version 2 as well, with the CPU left to libxl', () => {
    const older = new Target();
    older.restore(version2Of(image));
    expect(digests(older.pages)).toEqual(digests(target.pages));
    expect(older.missing).toEqual([Missing.CPUID | Missing.MSR]);
    expect(older.order.slice(0, 2)).toEqual(['staticDataDone', 'populate']);
    expect(older.policy).toEqual({ leaves: [], msrs: [] });
  });
});

const tsc: ImageRecord = { type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 0n, incarnation: 0 };
const context: ImageRecord = { type: 'HVM_CONTEXT', context: Uint8Array.of(9) };

interface Page {
  readonly pfn: number;
  readonly type?: number;
  readonly version?: number;
}

function batch(...pages: Page[]): ImageRecord {
  const types = Uint8Array.from(pages, ({ type = PageType.NOTAB }) => type);
  const present = pages.filter((_, i) => types[i] === PageType.NOTAB);
  return {
    type: 'PAGE_DATA',
    pfns: Float64Array.from(pages, ({ pfn }) => pfn),
    types,
    pages: Buffer.concat(present.map(({ pfn, version }) => pageOf(pfn, version))),
  };
}

/** Builds an image of these records; they mark the end of the static data. */
function imageOf(records: readonly ImageRecord[], guest: GuestType = 'x86-hvm', xenMinor = 17): Uint8Array {
  return Buffer.concat([
    encodeImageHeader({ version: 3, byteOrder: 'little-endian' }),
    encodeDomainHeader({ type: guest, pageShift: 12, xenMajor: 4, xenMinor }, 'little-endian'),
    ...[...records, { type: 'END' } as const].map((record) => encodeImageRecord(record)),
  ]);
}

const ended: ImageRecord = { type: 'STATIC_DATA_END' };
const leaves = [{ leaf: 0, subleaf: 0xffffffff, a: 1, b: 2, c: 3, d: 4 }];
const msrs = [{ index: 0xce, flags: 0, value: 1n }];

test('pages are populated once, and only those that there are', () => {
  const target = new Target();
  const far = 2 ** 33 + 5;
  target.restore(
    imageOf([
      ended,
      batch({ pfn: 0 }, { pfn: 1, type: PageType.XTAB }, { pfn: 2, type: PageType.BROKEN }, { pfn: far }),
      batch({ pfn: 3, type: PageType.XALLOC }, { pfn: 0, version: 2 }, { pfn: 1 }, { pfn: 1, version: 3 }),
      batch({ pfn: 1, type: PageType.XTAB }, { pfn: far, type: PageType.BROKEN }),
      tsc,
      context,
    ]),
  );
  expect(target.populated).toEqual([0, far, 3, 1]);
  expect(target.calls.filter((call) => call.startsWith('populate'))).toEqual(['populate 2', 'populate 2']);
  expect(digests(target.pages)).toEqual(
    digests(new Map([[0, pageOf(0, 2)], [1, pageOf(1, 3)], [3, new Uint8Array(PAGE_SIZE)], [far, pageOf(far)]])), // prettier-ignore
  );
});

test('a record of more pages than Xen takes at a time is taken in parts', () => {
  const target = new Target();
  const pages = Array.from({ length: 2500 }, (_, pfn) => ({ pfn }));
  target.restore(imageOf([ended, batch(...pages), tsc, context]));
  const parts = (name: string) => target.calls.filter((call) => call.startsWith(name));
  expect(parts('populate')).toEqual(['populateSuperpages 2', 'populateSuperpages 2', 'populate 452']);
  expect(parts('map')).toEqual(['map write 1024', 'map write 1024', 'map write 452']);
  expect(digests(target.pages)).toEqual(digests(new Map(pages.map(({ pfn }) => [pfn, pageOf(pfn)]))));
});

test.each([Infinity, 3, 0])(
  'what is in 2 MiB that came in one piece is what was sent: %i pieces',
  (pieces) => {
    const target = new Target();
    target.piecesOf2Mib = pieces;
    const pass = (first: number) => Array.from({ length: 1024 }, (_, i) => ({ pfn: first + i }));
    const again = [{ pfn: 5, version: 2 }, { pfn: 600, version: 3 }, { pfn: 5000 }];
    const image = imageOf([ended, batch(...pass(0)), batch(...pass(1024)), batch(...again), tsc, context]);
    expect(target.restore(image).superpages).toBe(Math.min(4, pieces));
    expect(target.superpages).toEqual([0, 512, 1024, 1536].slice(0, pieces));
    expect(new Set(target.populated).size).toBe(target.populated.length);
    const sent: Page[] = [...pass(0), ...pass(1024), ...again];
    expect(digests(target.pages)).toEqual(digests(new Map(sent.map(({ pfn, version }) => [pfn, pageOf(pfn, version)])))); // prettier-ignore
  },
);

test.each<[string, ImageRecord[], number]>([
  ['all', [], Missing.CPUID | Missing.MSR],
  ['no CPUID policy', [{ type: 'X86_MSR_POLICY', msrs }], Missing.CPUID],
  ['no MSR policy', [{ type: 'X86_CPUID_POLICY', leaves }], Missing.MSR],
  [
    'nothing',
    [
      { type: 'X86_CPUID_POLICY', leaves },
      { type: 'X86_MSR_POLICY', msrs },
    ],
    0,
  ],
])('libxl hears what static data lacks: %s', (_, records, missing) => {
  const target = new Target();
  target.restore(imageOf([...records, ended, batch({ pfn: 0 }), tsc, context]));
  expect(target.missing).toEqual([missing]);
  expect(target.calls.includes('setCpuPolicy')).toBe(records.length > 0);
});

test('rings begin empty; what has no meaning any more is dropped', () => {
  const target = new Target();
  const rings = [1, 17, 5, 6];
  const params: HvmParam[] = [...rings, 4, 12].map((index) => ({
    index: BigInt(index),
    value: BigInt(index + 100),
  }));
  const pages = rings.map((index) => ({ pfn: index + 100 }));
  target.restore(
    imageOf([ended, batch(...pages, { pfn: 112 }), tsc, context, { type: 'HVM_PARAMS', params }]),
  );
  for (const { pfn } of pages) expect(digest(target.pages.get(pfn))).toBe(digest(new Uint8Array(PAGE_SIZE)));
  expect(digest(target.pages.get(112))).toBe(digest(pageOf(112)));
  expect([...target.params.keys()]).toEqual([1, 17, 5, 6, 12, 2, 18]);
});

test.each([
  // An upgrade, the same version, a downgrade that both can load, and a version older than all that mig
  // knows.
  [17, 20],
  [20, 20],
  [16, 17],
  [17, 16],
  [22, 18],
  [99, 21],
  [5, 17],
])('a domain of Xen 4.%i comes into place on 4.%i', (from, here) => {
  const target = new Target();
  target.restore(imageOf([ended, batch({ pfn: 0 }), tsc, context], 'x86-hvm', from), here);
  expect(target.calls).toContain('setHvmContext');
});

describe('refused', () => {
  test.each<[string, ImageRecord[], string]>([
    ['no HVM_CONTEXT', [ended, tsc], 'the image has no HVM_CONTEXT'],
    [
      'a parameter of no number that Xen has',
      [ended, tsc, context, { type: 'HVM_PARAMS', params: [{ index: 2n ** 32n + 1n, value: 1n }] }],
      'there is no HVM parameter 4294967297',
    ],
  ])('%s', (_, records, words) => {
    expect(() => new Target().restore(imageOf(records))).toThrow(words);
  });

  test.each([
    [20, 17],
    [18, 16],
    [99, 17],
  ])('a domain of Xen 4.%i on 4.%i, before anything is asked of Xen', (from, here) => {
    const target = new Target();
    expect(() => target.restore(imageOf([ended], 'x86-hvm', from), here)).toThrow(
      expect.objectContaining({
        code: 'foreign-domain',
        message:
          `the domain comes from Xen 4.${from}, and Xen 4.${here} cannot load its processors' state: ` +
          'Xen moves domains to its own version or a newer one',
      }),
    );
    expect(target.calls).toEqual([]);
  });

  test('a PV domain, before anything is asked of Xen', () => {
    const target = new Target();
    expect(() => target.restore(imageOf([ended], 'x86-pv'))).toThrow('mig restores HVM and PVH domains');
    expect(target.calls).toEqual([]);
  });
});

test('a page that cannot be mapped is named', () => {
  const target = new Target();
  target.beforeMap = () => {
    target.pages.delete(0xabc);
  };
  const image = imageOf([ended, batch({ pfn: 1 }, { pfn: 0xabc }), tsc, context]);
  expect(() => target.restore(image)).toThrow('xenforeignmemory_map of domain 7: ENOENT (pfn 0xabc)');
  expect(target.leftovers).toEqual([]);
});

describe('after VERIFY', () => {
  const sent = [ended, batch({ pfn: 0 }, { pfn: 1 })];
  const rest: ImageRecord[] = [tsc, context];

  test('pages that are the same are left alone', () => {
    const target = new Target();
    target.restore(imageOf([...sent, { type: 'VERIFY' }, batch({ pfn: 0 }, { pfn: 1 }), ...rest]));
    expect(target.calls.filter((call) => call.startsWith('map'))).toEqual(['map write 2', 'map read 2']);
    expect(target.leftovers).toEqual([]);
  });

  test('pages that differ are counted', () => {
    const differing = batch({ pfn: 0, version: 2 }, { pfn: 1 });
    const image = imageOf([...sent, { type: 'VERIFY' }, differing, ...rest]);
    expect(() => new Target().restore(image)).toThrow(ComparisonError);
  });
});

describe('whatever fails', () => {
  const params = [{ index: 1n, value: 50n }, { index: 12n, value: 1n }]; // prettier-ignore
  const image = imageOf([
    ...[{ type: 'X86_CPUID_POLICY', leaves } as const, ended],
    ...[batch({ pfn: 0 }), batch({ pfn: 1 }), { type: 'VERIFY' } as const, batch({ pfn: 0 })],
    ...[tsc, context, { type: 'HVM_PARAMS', params } as const],
  ]);
  const good = new Target();
  good.restore(image);

  test.each(good.calls.map((call, number) => ({ call, number })))('call $number, $call', ({ number }) => {
    const failing = new Target();
    failing.failing = number;
    expect(() => failing.restore(image)).toThrow(Refusal);
    expect(failing.calls).toEqual(good.calls.slice(0, number + 1));
    expect(failing.leftovers).toEqual([]);
  });
});
