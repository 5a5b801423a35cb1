/** Pages of a domain's RAM on their way into zstd frames, and out of them. */
import type { Waiting } from '@mig/channel';
import { COMPRESSED_RUN, type CompressedPages, HostError, type PageCompressor } from '@mig/hypervisor';
import { copyMemory, Mapping, whyNoZstd, ZstdDecoder, ZstdError, ZstdThreads } from '@mig/posix';
import { MAX_FRAME_PAGES, PAGE_SIZE, type ZstdPagesRecord } from '@mig/protocol';
import { checkPfns } from './foreign-ram.js';
import type { Ram } from './zero-pages.js';

/** Starts threads that compress pages; returns undefined if there is no library, or no thread can be started. */
export function openCompressor(ram: Ram): PageCompressor | undefined {
  if (whyNoZstd() !== undefined) return undefined;
  try {
    return new RamCompressor(ram);
  } catch {
    return undefined;
  }
}

class RamCompressor implements PageCompressor {
  readonly #threads = new ZstdThreads({ runLength: COMPRESSED_RUN * PAGE_SIZE });

  constructor(private readonly ram: Ram) {}

  get threads(): number {
    return this.#threads.threads;
  }

  get isReady(): boolean {
    return this.#threads.isReady;
  }

  get pending(): number {
    return this.#threads.pending;
  }

  get isFull(): boolean {
    return this.#threads.isFull;
  }

  /** Copies the pages first: the guest may write to them at any time, and a frame is made of what is read more than once. */
  begin(pfns: Float64Array, first: number, count: number, level: number): void {
    checkPfns(pfns.subarray(first, first + count), count, this.ram.pageCount);
    movePages(pfns, first, count, (at, page, octets) => {
      copyMemory(this.#threads.inputAddress + at, this.ram.mapping.address + page, octets);
    });
    this.#threads.begin(count * PAGE_SIZE, level);
  }

  finish(waiting?: Partial<Waiting>): CompressedPages {
    return this.#threads.finish(waiting);
  }

  close(): void {
    this.#threads.close();
  }
}

/** Puts pages into a domain's RAM from frames. Each is whole, and as long as is due, before a page of it is put. */
export class PageDecompressor {
  readonly #decoder = new ZstdDecoder();
  readonly #content = Mapping.ofMemory('pages of a frame', MAX_FRAME_PAGES * PAGE_SIZE);

  constructor(private readonly ram: Ram) {}

  /** @throws HostError bad-guest for a frame that is damaged; whoever calls has checked the pfns */
  put({ pfns, frame }: ZstdPagesRecord): void {
    const content = this.#content.address;
    try {
      this.#decoder.decompress(frame, content, pfns.length * PAGE_SIZE);
    } catch (error) {
      if (!(error instanceof ZstdError)) throw error;
      throw new HostError('bad-guest', `the frame is damaged: ${error.message}`, { cause: error });
    }
    movePages(pfns, 0, pfns.length, (at, page, octets) => {
      copyMemory(this.ram.mapping.address + page, content + at, octets);
    });
  }

  close(): void {
    this.#decoder.close();
    this.#content.unmap();
  }
}

/**
 * Calls `move` for each stretch of consecutive pfns.
 * @param move gets the stretch's place among the pages, its place in RAM, and its length, in octets
 */
function movePages(
  pfns: Float64Array,
  first: number,
  count: number,
  move: (at: number, page: number, octets: number) => void,
): void {
  for (let i = 0, past; i < count; i = past) {
    past = i + 1;
    while (past < count && pfns[first + past] === pfns[first + past - 1]! + 1) past++;
    move(i * PAGE_SIZE, pfns[first + i]! * PAGE_SIZE, (past - i) * PAGE_SIZE);
  }
}
