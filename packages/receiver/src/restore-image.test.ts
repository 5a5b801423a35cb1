import { expect, test } from 'vitest';
import { HostError, type IncomingMemory, type RestoreEvent } from '@mig/hypervisor';
import { Recording } from '@mig/hypervisor/model';
import type { OctetSource } from '@mig/channel';
import {
  type DomainHeader,
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  type ImageRecord,
  PAGE_SIZE,
  PageDataEncoder,
  PageType,
  StreamError,
  type ZeroPagesRecord,
  type ZstdPagesRecord,
} from '@mig/protocol';
import { allExtensionFeatures } from '@mig/protocol/handshake';
import { ComparisonError } from './errors.js';
import { restoreImage } from './restore-image.js';
import { failure } from '../../channel/src/failure.test-support.js';

/** A memory that keeps the first octet of each page. */
class RememberedMemory implements IncomingMemory {
  readonly pages = new Map<number, number>();
  readonly populated: number[][] = [];
  readonly applied: string[] = [];
  header: DomainHeader | undefined;

  expect(header: DomainHeader): void {
    this.header = header;
  }

  staticDataEnd(): void {
    this.applied.push('(end of static data)');
  }

  populate(pfns: Float64Array, types: Uint8Array, count: number): void {
    this.populated.push([...pfns.subarray(0, count)].filter((_, i) => types[i] !== PageType.XTAB));
  }

  readPages(input: OctetSource, pfns: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) this.pages.set(pfns[i]!, input.read(PAGE_SIZE)[0]!);
  }

  comparePages(input: OctetSource, pfns: Float64Array, count: number): number {
    let differing = 0;
    for (let i = 0; i < count; i++) if (this.pages.get(pfns[i]!) !== input.read(PAGE_SIZE)[0]) differing++;
    return differing;
  }

  zeroPages({ pfns, pages }: ZeroPagesRecord): void {
    if (pfns[0]! >= 1000) throw new HostError('bad-guest', 'pfn 1000 is beyond');
    pfns.forEach((pfn, i) => {
      for (let k = 0; k < pages[i]!; k++) this.pages.set(pfn + k, 0);
    });
  }

  apply(record: ImageRecord): void {
    this.applied.push(record.type);
  }
}

const header = { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 } as const;
const tsc: ImageRecord = { type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 0n, incarnation: 0 };

/** Makes an image of the given batches; a batch is [pfn, content or undefined for a hole]. */
function image(...parts: ImagePart[]): Recording {
  return imageOf(3, { type: 'STATIC_DATA_END' }, ...parts);
}

type ImagePart = ImageRecord | [number, number | undefined][];

function imageOf(version: 2 | 3, ...parts: ImagePart[]): Recording {
  const recording = new Recording();
  const { output } = recording;
  const pages = new PageDataEncoder(64);
  output.write(encodeImageHeader({ version, byteOrder: 'little-endian' }));
  output.write(encodeDomainHeader(header, 'little-endian'));
  for (const part of parts) {
    if (!Array.isArray(part)) {
      output.write(encodeImageRecord(part));
      continue;
    }
    const types = Uint8Array.from(part, ([, content]) =>
      content === undefined ? PageType.XTAB : PageType.NOTAB,
    );
    output.write(
      pages.encode(
        Float64Array.from(part, ([pfn]) => pfn),
        types,
        part.length,
      ),
    );
    for (const [, content] of part) {
      if (content !== undefined) output.write(new Uint8Array(PAGE_SIZE).fill(content));
    }
  }
  return recording;
}

function restore(recording: Recording, memory = new RememberedMemory()): RememberedMemory {
  const input = recording.input();
  const report = restoreImage(memory, input);
  expect(report.octets).toBe(recording.output.octets);
  return memory;
}

test('pages go in place, later ones over earlier; holes have no octets', () => {
  const memory = restore(
    image([[0, 10], [1, undefined], [2, 12]], [[2, 13], [40, 14]], tsc, { type: 'END' }), // prettier-ignore
  );
  expect([...memory.pages]).toEqual([[0, 10], [2, 13], [40, 14]]); // prettier-ignore
  expect(memory.populated).toEqual([[0, 2], [2, 40]]); // prettier-ignore
  expect(memory.applied).toEqual(['(end of static data)', 'X86_TSC_INFO']);
  expect(memory.header).toMatchObject(header);
});

test('an image of version 2 ends its static data where its pages begin', () => {
  const memory = restore(imageOf(2, [[0, 1]], [[1, 2]], tsc, { type: 'END' })); // prettier-ignore
  expect(memory.applied).toEqual(['(end of static data)', 'X86_TSC_INFO']);
});

test('after VERIFY, pages are compared, not stored', () => {
  const same = image([[0, 1], [1, 2]], { type: 'VERIFY' }, [[0, 1], [1, 2]], tsc, { type: 'END' }); // prettier-ignore
  expect([...restore(same).pages.values()]).toEqual([1, 2]);
  const differing = image([[0, 1], [1, 2]], { type: 'VERIFY' }, [[0, 1], [1, 3]], tsc, { type: 'END' }); // prettier-ignore
  const memory = new RememberedMemory();
  const error = failure(() => restore(differing, memory));
  expect(error).toBeInstanceOf(ComparisonError);
  expect(error.message).toBe("1 pages differ from the source's");
  expect([...memory.pages.values()]).toEqual([1, 2]);
});

/** Restores the image. @returns the events */
function told(recording: Recording): RestoreEvent[] {
  const input = recording.input();
  const events: RestoreEvent[] = [];
  restoreImage(new RememberedMemory(), input, { onEvent: (event) => events.push(event) });
  return events;
}

test('each step is told: the headers, the passes over memory, the other records', () => {
  const recording = image([[0, 1], [1, undefined]], [[2, 3]], [[2, 4]], tsc, { type: 'END' }); // prettier-ignore
  const first = { iteration: 0, verify: false };
  const second = { iteration: 1, verify: false };
  // A header of 8 octets, a count of 8, 8 per pfn, and the pages that are present.
  const octets = [8 + 8 + 2 * 8 + PAGE_SIZE, 8 + 8 + 8 + PAGE_SIZE] as const;
  const milliseconds = expect.any(Number) as number;
  expect(told(recording)).toEqual([
    { kind: 'image-started', domain: { type: 'x86-hvm', xenMajor: 4, xenMinor: 17 } },
    { kind: 'incoming-pass-started', pass: { ...first, pages: 0, octets: 0 } },
    { kind: 'incoming-pass-progress', pass: { ...first, pages: 1, octets: octets[0] } },
    { kind: 'incoming-pass-progress', pass: { ...first, pages: 2, octets: octets[0] + octets[1] } },
    {
      kind: 'incoming-pass-finished',
      pass: { ...first, pages: 2, octets: octets[0] + octets[1], milliseconds },
    },
    { kind: 'incoming-pass-started', pass: { ...second, pages: 0, octets: 0 } },
    { kind: 'incoming-pass-progress', pass: { ...second, pages: 1, octets: octets[1] } },
    { kind: 'incoming-pass-finished', pass: { ...second, pages: 1, octets: octets[1], milliseconds } },
    { kind: 'record-applied', type: 'X86_TSC_INFO' },
    { kind: 'image-finished', pages: 3, octets: recording.output.octets },
  ]);
});

test.each<[string, ImagePart[], [pages: number, verify: boolean][]]>([
  ['ascending batches are one', [[[0, 1]], [[1, 1]], [[9, 1]]], [[3, false]]],
  ['a pfn that comes again begins another', [[[0, 1]], [[0, 1]]], [[1, false], [1, false]]],
  ['so does a lower one', [[[5, 1]], [[4, 1]], [[6, 1]]], [[1, false], [2, false]]],
  ['one of holes alone is one', [[[0, 1]], [[0, undefined]]], [[1, false], [0, false]]],
  ['after VERIFY they are compared', [[[0, 1]], { type: 'VERIFY' }, [[0, 1]]], [[1, false], [1, true]]],
  ['no pages, no pass', [], []],
])('passes: %s', (_, parts, passes) => {
  const finished = told(image(...parts, tsc, { type: 'END' })).flatMap((event) =>
    event.kind === 'incoming-pass-finished' ? [event.pass] : [],
  );
  expect(finished.map(({ pages, verify }) => [pages, verify])).toEqual(passes);
  expect(finished.map(({ iteration }) => iteration)).toEqual(finished.map((_, i) => i));
}); // prettier-ignore

test('an image that stops between two records is no image', () => {
  const error = failure(() => restore(image([[0, 1]], tsc)));
  expect(error).toBeInstanceOf(StreamError);
  expect(error).toMatchObject({ code: 'truncated', layer: 'libxc' });
});

test('an image that stops within a page is no image', () => {
  const recording = image();
  recording.output.write(new PageDataEncoder(1).encode(Float64Array.of(3), Uint8Array.of(PageType.NOTAB), 1));
  recording.output.write(new Uint8Array(100));
  expect(failure(() => restore(recording))).toMatchObject({
    code: 'truncated',
    record: { name: 'PAGE_DATA', index: 1 },
  });
});

test('what breaks the format is a StreamError, before memory sees it', () => {
  const recording = image();
  const octets = new PageDataEncoder(1).encode(Float64Array.of(3), Uint8Array.of(PageType.NOTAB), 1);
  octets[23] = 0x50;
  recording.output.write(octets);
  const memory = new RememberedMemory();
  const error = failure(() => restore(recording, memory));
  expect(error).toBeInstanceOf(StreamError);
  expect(error).toMatchObject({ code: 'bad-page-type', record: { name: 'PAGE_DATA', index: 1 } });
  expect(memory.populated).toEqual([]);
});

const zeros = (pfn: number, pages: number): ImageRecord => ({
  type: 'ZERO_PAGES',
  pfns: Float64Array.of(pfn),
  pages: Uint16Array.of(pages),
});
const end: ImageRecord = { type: 'END' };
const features = allExtensionFeatures;

test('pages of zeros take the place of what came before, and give way to what comes after', () => {
  const memory = new RememberedMemory();
  const recording = image([[1, 7], [2, 8]], zeros(2, 2), [[3, 9]], end); // prettier-ignore
  const report = restoreImage(memory, recording.input(), { features });
  expect([...memory.pages]).toEqual([[1, 7], [2, 0], [3, 9]]); // prettier-ignore
  // Those that came with their octets.
  expect(report.pages).toBe(3);
  expect(memory.applied).toEqual(['(end of static data)']);
});

test('pages of zeros first: the static data has ended, in an image of version 2, too', () => {
  const memory = new RememberedMemory();
  restoreImage(memory, imageOf(2, zeros(0, 1), end).input(), { features });
  expect(memory.applied).toEqual(['(end of static data)']);
});

test('pages of zeros that were not offered are an unknown record', () => {
  const error = failure(() => restoreImage(new RememberedMemory(), image(zeros(0, 1), end).input()));
  expect(error).toBeInstanceOf(StreamError);
  expect(error).toMatchObject({ code: 'unknown-mandatory-record' });
});

test('pages of zeros that the memory refuses are a fault of their record', () => {
  const restore = () =>
    restoreImage(new RememberedMemory(), image(zeros(1000, 1), end).input(), { features });
  const error = failure(restore);
  expect(error).toBeInstanceOf(StreamError);
  expect(error).toMatchObject({ code: 'bad-value', record: { index: 1, name: 'ZERO_PAGES' } });
});

test('a batch is one pass with its pages of zeros, which come first; the next pass begins with either', () => {
  const passes: number[] = [];
  const onEvent = (event: RestoreEvent) => {
    if (event.kind === 'incoming-pass-finished') passes.push(event.pass.pages);
  };
  const parts: ImagePart[] = [
    ...[zeros(1, 5), [[0, 1], [7, 1]] as ImagePart, zeros(10, 3), [[9, 1], [15, 1]] as ImagePart],
    ...[zeros(2, 1), [[1, 1]] as ImagePart],
    ...[[[0, 1], [1, 1]] as ImagePart],
  ]; // prettier-ignore
  restoreImage(new RememberedMemory(), image(...parts, end).input(), { features, onEvent });
  expect(passes).toEqual([4, 1, 2]);
});

test('pages below the zeros of an earlier batch begin the next pass', () => {
  const passes: number[] = [];
  const onEvent = (event: RestoreEvent) => {
    if (event.kind === 'incoming-pass-finished') passes.push(event.pass.pages);
  };
  const parts: ImagePart[] = [[[0, 1]], zeros(10, 3), zeros(20, 3), [[5, 1]]];
  restoreImage(new RememberedMemory(), image(...parts, end).input(), { features, onEvent });
  expect(passes).toEqual([1, 1]);
});

/** A memory that takes frames, and may refuse them. */
class FramedMemory extends RememberedMemory {
  readonly frames: [pfns: number[], frame: Uint8Array][] = [];

  constructor(private readonly refusal?: HostError) {
    super();
  }

  override populate(pfns: Float64Array, types: Uint8Array, count: number): void {
    if (pfns[0]! >= 1000) throw new HostError('bad-guest', 'pfn 1000 is beyond');
    super.populate(pfns, types, count);
  }

  zstdPages({ pfns, frame }: ZstdPagesRecord): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.frames.push([[...pfns], frame.slice()]);
  }
}

/** Pages that are compressed: the head of a frame tells their length. */
function compressed(...pfns: number[]): ImageRecord {
  const frame = new Uint8Array(12);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  view.setUint8(4, 0xa0);
  view.setUint32(5, pfns.length * 4096, true);
  return { type: 'ZSTD_PAGES', pfns: Float64Array.from(pfns), types: new Uint8Array(pfns.length), frame };
}

test('compressed pages are populated, put in place from their frame, and counted as pages of their pass', () => {
  const memory = new FramedMemory();
  const passes: number[] = [];
  const onEvent = (event: RestoreEvent) => {
    if (event.kind === 'incoming-pass-finished') passes.push(event.pass.pages);
  };
  const parts = [compressed(1, 2), [[3, 7]] as ImagePart, compressed(4), compressed(2), end];
  const report = restoreImage(memory, image(...parts).input(), { features, onEvent });
  expect(report.pages).toBe(5);
  expect(memory.populated.flat()).toEqual([1, 2, 3, 4, 2]);
  expect(memory.frames.map(([pfns]) => pfns)).toEqual([[1, 2], [4], [2]]);
  expect(memory.frames[0]![1]).toEqual((compressed(1, 2) as ZstdPagesRecord).frame);
  expect(passes).toEqual([4, 1]);
});

test.each([
  ['whose frame the memory refuses', new FramedMemory(new HostError('bad-guest', 'the frame is damaged', { cause: new Error('why') })), 1, 'frame'],
  ['beyond memory', new FramedMemory(), 1000, 'pfn'],
])('compressed pages %s are a fault of their record', (_, memory, pfn, field) => {
  const error = failure(() => restoreImage(memory, image(compressed(pfn), end).input(), { features }));
  expect(error).toBeInstanceOf(StreamError);
  expect(error).toMatchObject({ code: 'bad-value', field, record: { index: 1, name: 'ZSTD_PAGES' } });
  expect(memory.frames).toEqual([]);
}); // prettier-ignore

test('compressed pages that were not offered are an unknown record', () => {
  const error = failure(() => restoreImage(new FramedMemory(), image(compressed(1), end).input()));
  expect(error).toMatchObject({ code: 'unknown-mandatory-record' });
});
