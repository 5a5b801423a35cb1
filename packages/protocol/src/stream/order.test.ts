/**
 * Puts every record of both tables into every place, and compares with a separate table, written from
 * docs/formats.md.
 */
import { describe, expect, it } from 'vitest';
import {
  encodeImageRecord,
  encodeLibxlRecord,
  imageKinds,
  libxlKinds,
  type GuestType,
  type ImageRecord,
  type LibxlRecord,
} from '../index.js';
import { concat, fixture, hex, image, pageData, raw } from '../streams.test-support.js';
import { expectRefusal, walk } from '../walk.test-support.js';

const end: ImageRecord = { type: 'END' };
const staticEnd: ImageRecord = { type: 'STATIC_DATA_END' };
const info: ImageRecord = { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 };
const frames: ImageRecord = { type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: 511, pfns: Float64Array.of(1) };
const pages = pageData([1], [0]);
const vcpu = (octets: number) => ({ vcpuId: 0, context: new Uint8Array(octets) });

/** A good record of each kind. */
const good: Readonly<Record<keyof typeof imageKinds, ImageRecord>> = {
  END: end,
  PAGE_DATA: pages,
  X86_PV_INFO: info,
  X86_PV_P2M_FRAMES: frames,
  X86_PV_VCPU_BASIC: { type: 'X86_PV_VCPU_BASIC', ...vcpu(5168) },
  X86_PV_VCPU_EXTENDED: { type: 'X86_PV_VCPU_EXTENDED', ...vcpu(128) },
  X86_PV_VCPU_XSAVE: { type: 'X86_PV_VCPU_XSAVE', ...vcpu(16) },
  SHARED_INFO: { type: 'SHARED_INFO', sharedInfo: new Uint8Array(4096) },
  X86_TSC_INFO: { type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 1n, incarnation: 0 },
  HVM_CONTEXT: { type: 'HVM_CONTEXT', context: new Uint8Array(8) },
  HVM_PARAMS: { type: 'HVM_PARAMS', params: [{ index: 1n, value: 1n }] },
  TOOLSTACK: { type: 'TOOLSTACK', data: new Uint8Array(8) },
  X86_PV_VCPU_MSRS: { type: 'X86_PV_VCPU_MSRS', ...vcpu(16) },
  VERIFY: { type: 'VERIFY' },
  CHECKPOINT: { type: 'CHECKPOINT' },
  CHECKPOINT_DIRTY_PFN_LIST: { type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(1) },
  STATIC_DATA_END: staticEnd,
  X86_CPUID_POLICY: { type: 'X86_CPUID_POLICY', leaves: [{ leaf: 0, subleaf: 0, a: 0, b: 0, c: 0, d: 0 }] },
  X86_MSR_POLICY: { type: 'X86_MSR_POLICY', msrs: [{ index: 0, flags: 0, value: 0n }] },
};

/** Places for a record: in which guest's image, of which version, after which records. */
const places: readonly {
  readonly guest: GuestType;
  readonly version: 2 | 3;
  readonly before: readonly ImageRecord[];
}[] = [
  { guest: 'x86-pv', version: 3, before: [info] },
  { guest: 'x86-pv', version: 3, before: [info, staticEnd, frames, pages] },
  { guest: 'x86-hvm', version: 3, before: [] },
  { guest: 'x86-hvm', version: 3, before: [staticEnd, pages, good.HVM_PARAMS] },
  { guest: 'x86-pv', version: 2, before: [info, frames, pages] },
  { guest: 'x86-hvm', version: 2, before: [pages, good.HVM_PARAMS] },
];

/**
 * Verdicts in the order of `places`. r: right. w: reported as wrong, and received. o: refused as out of
 * order. u: refused as unknown, since it has no meaning for this guest.
 */
const verdicts: Readonly<Record<keyof typeof imageKinds, string>> = {
  END: 'wrwrrr',
  PAGE_DATA: 'ororrr',
  X86_PV_INFO: 'oouuou',
  X86_PV_P2M_FRAMES: 'oruuru',
  X86_PV_VCPU_BASIC: 'wruuru',
  X86_PV_VCPU_EXTENDED: 'wruuru',
  X86_PV_VCPU_XSAVE: 'wruuru',
  SHARED_INFO: 'wruuru',
  X86_TSC_INFO: 'wrwrrr',
  HVM_CONTEXT: 'uuwrur',
  HVM_PARAMS: 'uuwrur',
  TOOLSTACK: 'uuuuuu',
  X86_PV_VCPU_MSRS: 'wruuru',
  VERIFY: 'wrwrrr',
  CHECKPOINT: 'oooooo',
  CHECKPOINT_DIRTY_PFN_LIST: 'oooooo',
  STATIC_DATA_END: 'roroww',
  X86_CPUID_POLICY: 'rwrwww',
  X86_MSR_POLICY: 'rwrwww',
};

describe('a record of the image', () => {
  const rows = places.flatMap((place, i) =>
    Object.entries(verdicts).map(([name, row]) => {
      const after = place.before.map(({ type }) => type).join(', ') || 'nothing';
      return { ...place, name: name as keyof typeof good, verdict: row[i]!, after };
    }),
  );

  it.each(rows)('$name after $after, $guest, version $version: $verdict', ({ name, verdict, ...place }) => {
    const { before, guest, version } = place;
    const start = image(before, { guest, version });
    const record = encodeImageRecord(good[name]);
    // A valid record follows, and is not read.
    const octets = concat([start, record, ...(name === 'END' ? [] : [encodeImageRecord(end)])]);
    if (verdict === 'o' || verdict === 'u') {
      const code = verdict === 'o' ? 'out-of-order' : 'unknown-mandatory-record';
      expectRefusal(octets, { code, at: start.length, given: start.length + 8 }, { start: 'libxc' });
      return;
    }
    for (const strictness of ['receive', 'verify'] as const) {
      const { error, deviations } = walk(octets, { start: 'libxc', strictness });
      expect(error).toBeUndefined();
      const wrong = deviations.filter(
        ({ severity, offset }) => severity === 'wrong' && offset === start.length,
      );
      expect(wrong.length > 0).toBe(verdict === 'w');
      expect(wrong.every(({ code }) => code === 'out-of-order')).toBe(true);
    }
  });

  it('the table is whole', () => {
    expect(Object.keys(verdicts)).toEqual(Object.keys(imageKinds));
    expect(new Set(Object.values(verdicts).map((row) => row.length))).toEqual(new Set([places.length]));
  });
});

describe('a record of libxl', () => {
  const emulator = { emulatorId: 1, index: 0 };
  const libxl: Readonly<Record<keyof typeof libxlKinds, [LibxlRecord, before: string, after: string]>> = {
    END: [{ type: 'END' }, 'o', 'r'],
    LIBXC_CONTEXT: [{ type: 'LIBXC_CONTEXT' }, 'r', 'o'],
    EMULATOR_XENSTORE_DATA: [{ type: 'EMULATOR_XENSTORE_DATA', ...emulator, entries: [] }, 'w', 'r'],
    EMULATOR_CONTEXT: [{ type: 'EMULATOR_CONTEXT', ...emulator, context: hex('01') }, 'w', 'r'],
    CHECKPOINT_END: [{ type: 'CHECKPOINT_END' }, 'o', 'o'],
    CHECKPOINT_STATE: [{ type: 'CHECKPOINT_STATE', controlId: 0 }, 'o', 'o'],
  };
  const recorded = fixture('pvh-save.bin');
  const before = recorded.subarray(882, 898);
  const context = recorded.subarray(898, -8);
  const libxlEnd = recorded.subarray(-8);
  const rows = Object.entries(libxl).flatMap(([name, [record, first, last]]) => [
    {
      name,
      record,
      verdict: first,
      when: 'before the image',
      start: before,
      rest: concat([context, libxlEnd]),
    },
    { name, record, verdict: last, when: 'after it', start: concat([before, context]), rest: libxlEnd },
  ]);

  it.each(rows)('$name $when: $verdict', ({ name, record, verdict, when, start, rest }) => {
    // These two change which records may follow them.
    const follows =
      name === 'END' && when === 'after it' ? hex('') : name === 'LIBXC_CONTEXT' ? rest.subarray(8) : rest;
    const octets = concat([start, encodeLibxlRecord(record), follows]);
    if (verdict === 'o') {
      const refusal = { code: 'out-of-order', at: start.length, given: start.length + 8 };
      expectRefusal(octets, refusal, { start: 'libxl' });
      return;
    }
    const { error, deviations } = walk(octets, { start: 'libxl', strictness: 'verify' });
    expect(error).toBeUndefined();
    expect(walk(octets, { start: 'libxl' }).error).toBeUndefined();
    const wrong = deviations.filter(({ severity }) => severity === 'wrong');
    expect(wrong.map(({ code }) => code)).toEqual(verdict === 'w' ? ['out-of-order'] : []);
  });

  it('the table is whole', () => {
    expect(Object.keys(libxl)).toEqual(Object.keys(libxlKinds));
  });
});

describe('END, and records of the other layer', () => {
  const octets = fixture('pvh-save.bin');
  const imageStart = 906;
  const imageEnd = octets.length - 16;
  const splice = (at: number, ...records: Uint8Array[]) =>
    concat([octets.subarray(0, at), ...records, octets.subarray(at)]);

  it('in place of LIBXC_CONTEXT, at the start of the libxl stream', () => {
    expectRefusal(splice(898, encodeLibxlRecord({ type: 'END' })), {
      code: 'out-of-order',
      at: 898,
      given: 906,
    });
  });

  it('twice in the image: the second is libxl’s, and the stream ends before its octets do', () => {
    const { error, given } = walk(splice(imageEnd, encodeImageRecord(end)));
    expect(error?.code).toBe('octets-after-end');
    expect(given).toBe(octets.length);
  });

  it('twice at the end', () => {
    const { error, given } = walk(concat([octets, encodeLibxlRecord({ type: 'END' })]));
    expect(error?.code).toBe('octets-after-end');
    expect(given).toBe(octets.length);
  });

  it('with a body is said', () => {
    for (const at of [imageEnd, octets.length - 8]) {
      const changed = concat([octets.subarray(0, at), raw(0, hex('01')), octets.subarray(at + 8)]);
      const { error, deviations } = walk(changed, { strictness: 'verify' });
      expect(error).toBeUndefined();
      expect(deviations).toContainEqual(expect.objectContaining({ code: 'bad-length', offset: at }));
    }
  });

  it('at every boundary of the image ends it; what was its next record is none of libxl’s', () => {
    const { events } = walk(octets);
    for (const event of events) {
      if (event.layer !== 'libxc' || event.kind === 'page-octets' || event.offset <= imageStart + 24)
        continue;
      const { error } = walk(splice(event.offset, encodeImageRecord(end)));
      const last = event.offset === imageEnd;
      expect(error?.code).toMatch(last ? 'octets-after-end' : /unknown|out-of-order|bad-|too-long|truncated/);
    }
  });

  it('a record of libxl within the image', () => {
    for (const record of [4, 5, 15]) {
      const { error } = walk(splice(imageStart + 40, raw(record, new Uint8Array(8))));
      expect(error?.code).toMatch(/unknown-mandatory-record|out-of-order/);
      expect(error?.offset).toBe(imageStart + 40);
    }
  });

  it('a record of the image among libxl’s', () => {
    const at = octets.length - 8;
    for (const type of Object.values(imageKinds).map(({ number }) => number)) {
      // Numbers 0, 2 and 3 are libxl's own after the image, with bodies of their own.
      if ([0, 2, 3].includes(type)) continue;
      const code = type > 5 ? 'unknown-mandatory-record' : 'out-of-order';
      expectRefusal(splice(at, raw(type, new Uint8Array(8))), { code, at, given: at + 8 });
    }
  });
});

describe('STATIC_DATA_END', () => {
  const at = 906 + 24 + 16;
  const octets = fixture('pvh-save.bin');
  const record = encodeImageRecord(staticEnd);
  const { events } = walk(octets);
  const place = events.find(
    (each) => each.kind === 'record' && each.record.type === 'STATIC_DATA_END',
  )!.offset;
  const without = concat([octets.subarray(0, place), octets.subarray(place + 8)]);
  const firstPages = events.find(({ kind }) => kind === 'pages')!;

  it('missing: the first pages are refused', () => {
    expectRefusal(without, { code: 'out-of-order', at: firstPages.offset - 8, given: firstPages.offset });
  });

  it('twice: the second is refused', () => {
    const twice = concat([octets.subarray(0, place + 8), record, octets.subarray(place + 8)]);
    expectRefusal(twice, { code: 'out-of-order', at: place + 8, given: place + 16 });
  });

  it('late, after any record that it should stand before: the pages before it are refused', () => {
    for (const event of events) {
      if (event.layer !== 'libxc' || event.kind === 'page-octets' || event.offset <= place) continue;
      const late = concat([
        without.subarray(0, event.offset - 8),
        record,
        without.subarray(event.offset - 8),
      ]);
      if (event.offset <= firstPages.offset) continue;
      expectRefusal(late, { code: 'out-of-order', at: firstPages.offset - 8, given: firstPages.offset });
    }
  });

  it('early, before the policies: received, and reported', () => {
    const early = concat([without.subarray(0, at), record, without.subarray(at)]);
    expect(walk(early).error).toBeUndefined();
    const { deviations } = walk(early, { strictness: 'verify' });
    expect(deviations.filter(({ code }) => code === 'out-of-order').length).toBeGreaterThan(0);
  });
});
