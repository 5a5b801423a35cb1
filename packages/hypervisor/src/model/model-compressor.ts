/**
 * A compressor of the model's pages, whose octets are a version and zeros: it makes real zstd frames, of a block with the
 * version and one that repeats a zero for each page, and needs no library. Source: RFC 8878.
 */
import { PAGE_SIZE } from '@mig/protocol';
import { COMPRESSED_RUN, type CompressedPages, type PageCompressor } from '../memory.js';

const MAGIC = 0xfd2fb528;
/** Descriptor: a single segment, whose length has four octets. */
const DESCRIPTOR = 0xa0;
const HEAD = 9;
const RAW = 0;
const REPEATED = 1;
const VERSION = 4;
/** Two heads of blocks, the version, the zero. */
const PER_PAGE = 3 + VERSION + 3 + 1;
const ROOM = 4;
/** Versions above this count as random: their run does not get shorter. */
const RANDOM = 0x80000000;

export class ModelCompressor implements PageCompressor {
  readonly threads = 1;
  readonly isReady = true;
  readonly #runs: CompressedPages[] = [];

  constructor(
    private readonly versionOf: (pfn: number) => number,
    private readonly beforeRun: () => void,
    private readonly closed: () => void,
  ) {}

  get pending(): number {
    return this.#runs.length;
  }

  get isFull(): boolean {
    return this.#runs.length === ROOM;
  }

  begin(pfns: Float64Array, first: number, count: number): void {
    if (this.isFull || !(count >= 1 && count <= COMPRESSED_RUN))
      throw new RangeError(`a run of ${count} pages`);
    this.beforeRun();
    const versions = Uint32Array.from(pfns.subarray(first, first + count), this.versionOf);
    const input = new Uint8Array(count * PAGE_SIZE);
    const view = new DataView(input.buffer);
    versions.forEach((version, i) => view.setUint32(i * PAGE_SIZE, version, true));
    const frame = frameOf(versions);
    const frameLength = versions.some((version) => version >= RANDOM) ? 0 : frame.length;
    const output = new Uint8Array(frame.length + 7);
    output.set(frame);
    this.#runs.push({ input, length: input.length, output, frameLength, milliseconds: 1 });
  }

  finish(): CompressedPages {
    const run = this.#runs.shift();
    if (run === undefined) throw new RangeError('no run was begun');
    return run;
  }

  close(): void {
    this.closed();
  }
}

function frameOf(versions: Uint32Array): Uint8Array {
  const frame = new Uint8Array(HEAD + versions.length * PER_PAGE);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, DESCRIPTOR);
  view.setUint32(5, versions.length * PAGE_SIZE, true);
  versions.forEach((version, i) => {
    const at = HEAD + i * PER_PAGE;
    block(view, at, RAW, VERSION, false);
    view.setUint32(at + 3, version, true);
    block(view, at + 3 + VERSION, REPEATED, PAGE_SIZE - VERSION, i === versions.length - 1);
  });
  return frame;
}

function block(view: DataView, at: number, type: number, length: number, isLast: boolean): void {
  const head = (length << 3) | (type << 1) | Number(isLast);
  view.setUint16(at, head & 0xffff, true);
  view.setUint8(at + 2, head >> 16);
}

/** Returns the versions of the pages in a frame that a ModelCompressor has made. */
export function versionsInFrame(frame: Uint8Array): number[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = (frame.length - HEAD) / PER_PAGE;
  if (!Number.isInteger(count)) throw new Error('a frame that was made elsewhere');
  return Array.from({ length: count }, (_, i) => view.getUint32(HEAD + i * PER_PAGE + 3, true));
}
