/**
 * The zstd library of the system, by foreign functions: libzstd.so.1, which every Debian has. It is loaded when it is first
 * asked for.
 */
import koffi from 'koffi';
import { MigError } from '@mig/errors';
import { addressOf } from './mapping.js';

/** File name of the library, and the package of Debian that has it. */
export const ZSTD_LIBRARY = 'libzstd.so.1';
export const ZSTD_PACKAGE = 'libzstd1';

/** Lowest and highest level of compression that is used; the library has higher ones, which need far more memory. */
export const ZSTD_LEVELS = { least: 1, most: 19 } as const;

type Result = number | bigint;

interface Zstd {
  createDCtx(): unknown;
  freeDCtx(context: unknown): void;
  decompressDCtx(context: unknown, to: number, capacity: number, from: number, length: number): Result;
  findFrameCompressedSize(from: number, length: number): Result;
  isError(result: Result): number;
  getErrorName(result: Result): string;
}

let loaded: Zstd | { readonly missing: string } | undefined;

function zstd(): Zstd | { readonly missing: string } {
  try {
    return (loaded ??= load());
  } catch (error) {
    return (loaded = { missing: (error as Error).message });
  }
}

function load(): Zstd {
  const library = koffi.load(ZSTD_LIBRARY);
  return {
    createDCtx: library.func('void *ZSTD_createDCtx()'),
    freeDCtx: library.func('size_t ZSTD_freeDCtx(void *context)'),
    decompressDCtx: library.func(
      'size_t ZSTD_decompressDCtx(void *context, uintptr_t to, size_t capacity, uintptr_t from, size_t length)',
    ),
    findFrameCompressedSize: library.func(
      'size_t ZSTD_findFrameCompressedSize(uintptr_t from, size_t length)',
    ),
    isError: library.func('unsigned int ZSTD_isError(size_t result)'),
    getErrorName: library.func('const char *ZSTD_getErrorName(size_t result)'),
  };
}

/** Tells why nothing can be compressed here: what the loader says. Returns undefined if it can. */
export function whyNoZstd(): string | undefined {
  const found = zstd();
  return 'missing' in found ? found.missing : undefined;
}

/** Data that is not one zstd frame with the content that is due. */
export class ZstdError extends MigError {
  override readonly name = 'ZstdError';
  readonly code = 'bad-frame';
}

/** Decompresses frames, one after another, in memory that it keeps. */
export class ZstdDecoder {
  readonly #zstd: Zstd;
  #context: unknown;

  /** Throws ZstdError if the library is missing. */
  constructor() {
    const found = zstd();
    if ('missing' in found) throw new ZstdError(found.missing);
    this.#zstd = found;
    this.#context = found.createDCtx();
    if (this.#context === null) throw new ZstdError('no memory to decompress in');
  }

  /**
   * Decompresses one frame, which is all of `frame`.
   * @param to address of the memory that gets the content
   * @param length octets of the content: neither more nor fewer
   * @throws ZstdError if it is no such frame; part of the content may be in place then
   */
  decompress(frame: Uint8Array, to: number, length: number): void {
    const from = addressOf(frame);
    const whole = this.#checked(this.#zstd.findFrameCompressedSize(from, frame.length));
    if (whole !== frame.length) throw new ZstdError(`the frame ends after ${whole} of ${frame.length} bytes`);
    const content = this.#checked(this.#zstd.decompressDCtx(this.#context, to, length, from, frame.length));
    if (content !== length) throw new ZstdError(`the frame has ${content} bytes, ${length} are due`);
  }

  #checked(result: Result): number {
    if (this.#zstd.isError(result) !== 0) throw new ZstdError(this.#zstd.getErrorName(result));
    return Number(result);
  }

  /** Frees the memory; nothing is decompressed any more. */
  close(): void {
    if (this.#context !== undefined) this.#zstd.freeDCtx(this.#context);
    this.#context = undefined;
  }
}
