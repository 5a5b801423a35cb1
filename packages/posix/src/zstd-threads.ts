/**
 * Threads that compress runs of octets, for a thread that blocks: it neither needs nor has an event loop. They share words
 * and octets with it, of a size that never changes:
 *
 *     the caller                              threads
 *     fills the slot's input, status 1, begun + 1
 *                                             taken + 1, compress the slot, status 2
 *     waits for status 2 of the oldest slot
 *
 * A slot's number is that of its run modulo the slots, so that runs come back in the order in which they were begun.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Waiting, waitUntil } from '@mig/channel';
import { MigError } from '@mig/errors';
import { addressOf } from './mapping.js';
import { ZSTD_LIBRARY } from './zstd.js';

/** The places of the words that are shared, and the values of a status. */
const places = {
  /** Number of runs begun, or CLOSED. */
  BEGUN: 0,
  /** Number of runs that a thread has taken. */
  TAKEN: 1,
  /** Number of threads that have loaded, or failed to. */
  READY: 2,
  /** Set if a thread has failed. */
  FAILED: 3,
  /** Places of the slots, and the words of each. */
  SLOTS: 4,
  SLOT_WORDS: 5,
  STATUS: 0,
  LENGTH: 1,
  LEVEL: 2,
  RESULT: 3,
  MICROSECONDS: 4,
  BUSY: 1,
  DONE: 2,
  CLOSED: -1,
} as const;

export interface ZstdThreadData {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly places: typeof places;
  readonly library: string;
  readonly inputs: readonly Uint8Array<SharedArrayBuffer>[];
  readonly outputs: readonly Uint8Array<SharedArrayBuffer>[];
}

/** A run that was compressed; its octets are valid until the next run is begun. */
export interface CompressedRun {
  /** The run's octets as they were when it was begun: the first `length`. */
  readonly input: Uint8Array;
  readonly length: number;
  /** The frame: the first `frameLength` octets, 0 if it would not be shorter than the run. At least 7 zeros follow. */
  readonly output: Uint8Array;
  readonly frameLength: number;
  /** Time that a thread took for it, in milliseconds. */
  readonly milliseconds: number;
}

/** The threads that compress have failed. */
export class ZstdThreadsError extends MigError {
  override readonly name = 'ZstdThreadsError';
  readonly code = 'threads-failed';
}

export interface ZstdThreadsOptions {
  /** Most octets of a run. */
  readonly runLength: number;
  /** Number of threads; default: as many as run at once, less one for the caller, from 1 to 4. */
  readonly threads?: number;
}

/** Zeros behind a frame: as many as a record's padding has at most. */
const PADDING = 7;
const MOST_THREADS = 4;
/** Longest sleep in milliseconds before the threads and the interrupt are looked at again. */
const LOOK = 50;
/** Milliseconds for the threads to load. */
const LOADING = 5000;
const TIMEOUT = { what: 'nothing from the threads that compress', milliseconds: 60_000 };

export class ZstdThreads {
  readonly threads: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #inputs: readonly Uint8Array<SharedArrayBuffer>[];
  readonly #outputs: readonly Uint8Array<SharedArrayBuffer>[];
  /** Addresses of the inputs. */
  readonly #addresses: readonly number[];
  #begun = 0;
  #finished = 0;
  #isClosed = false;

  /** Starts the threads, which load meanwhile. They end with `close`, or with the thread that has started them. */
  constructor({ runLength, threads = defaultThreads() }: ZstdThreadsOptions) {
    this.threads = threads;
    const slots = 2 * threads + 2;
    this.#words = new Int32Array(new SharedArrayBuffer(4 * (places.SLOTS + slots * places.SLOT_WORDS)));
    const shared = (length: number) =>
      Array.from({ length: slots }, () => new Uint8Array(new SharedArrayBuffer(length)));
    this.#inputs = shared(runLength);
    this.#outputs = shared(runLength + PADDING);
    this.#addresses = this.#inputs.map(addressOf);
    const workerData: ZstdThreadData = {
      words: this.#words,
      places,
      library: ZSTD_LIBRARY,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
    for (let i = 0; i < threads; i++) startThread(workerData);
  }

  /** Whether a thread has started: until then a run waits. */
  get isReady(): boolean {
    return Atomics.load(this.#words, places.READY) > 0;
  }

  /** Number of runs that were begun, and not finished. */
  get pending(): number {
    return this.#begun - this.#finished;
  }

  /** Whether a run must be finished before the next is begun. */
  get isFull(): boolean {
    return this.pending === this.#inputs.length;
  }

  /** Address of the memory for the next run, while `isFull` is false. It is filled before `begin`. */
  get inputAddress(): number {
    return this.#addresses[this.#begun % this.#addresses.length]!;
  }

  /** The memory at `inputAddress`. */
  get input(): Uint8Array {
    return this.#inputs[this.#begun % this.#inputs.length]!;
  }

  /**
   * Begins to compress the first `length` octets of the input.
   * @throws RangeError if there is no room
   */
  begin(length: number, level: number): void {
    if (this.isFull || this.#isClosed) throw new RangeError('there is no room for another run');
    const slot = this.#begun % this.#inputs.length;
    if (!(length > 0 && length <= this.#inputs[slot]!.length))
      throw new RangeError(`a run of ${length} bytes`);
    const at = places.SLOTS + slot * places.SLOT_WORDS;
    const words = this.#words;
    Atomics.store(words, at + places.LENGTH, length);
    Atomics.store(words, at + places.LEVEL, level);
    Atomics.store(words, at + places.STATUS, places.BUSY);
    Atomics.store(words, places.BEGUN, ++this.#begun);
    Atomics.notify(words, places.BEGUN, 1);
  }

  /**
   * Waits for the oldest run that was begun.
   * @throws ZstdThreadsError if a thread has failed; TimeoutError, InterruptedError
   */
  finish(waiting: Partial<Waiting> = {}): CompressedRun {
    if (this.pending === 0) throw new RangeError('no run was begun');
    const slot = this.#finished % this.#inputs.length;
    const at = places.SLOTS + slot * places.SLOT_WORDS;
    const words = this.#words;
    if (Atomics.load(words, at + places.STATUS) !== places.DONE) {
      waitUntil((milliseconds) => this.#isDone(at, milliseconds), { timeout: TIMEOUT, ...waiting });
    }
    this.#finished++;
    const frameLength = Atomics.load(words, at + places.RESULT);
    const output = this.#outputs[slot]!;
    output.fill(0, frameLength, frameLength + PADDING);
    return {
      input: this.#inputs[slot]!,
      length: Atomics.load(words, at + places.LENGTH),
      output,
      frameLength,
      milliseconds: Atomics.load(words, at + places.MICROSECONDS) / 1000,
    };
  }

  #isDone(at: number, milliseconds: number): boolean {
    Atomics.wait(this.#words, at + places.STATUS, places.BUSY, Math.min(milliseconds, LOOK));
    if (Atomics.load(this.#words, places.FAILED) !== 0) {
      throw new ZstdThreadsError('a thread that compresses has failed');
    }
    return Atomics.load(this.#words, at + places.STATUS) === places.DONE;
  }

  /**
   * Ends the threads, each after the run that it is at, once all have loaded: native code that is stopped while it loads
   * ends the process. What was begun and not finished is lost.
   */
  close(): void {
    this.#isClosed = true;
    Atomics.store(this.#words, places.BEGUN, places.CLOSED);
    Atomics.notify(this.#words, places.BEGUN);
    const end = performance.now() + LOADING;
    for (let left = LOADING; left > 0; left = end - performance.now()) {
      const loaded = Atomics.load(this.#words, places.READY);
      if (loaded === this.threads) return;
      Atomics.wait(this.#words, places.READY, loaded, left);
    }
  }
}

function defaultThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
}

function startThread(workerData: ZstdThreadData): void {
  const worker = new Worker(new URL('../bin/zstd-thread.cjs', import.meta.url), {
    workerData,
    // The streams of the process would make pipes non-blocking for all who share them.
    stdout: true,
    stderr: true,
    trackUnmanagedFds: false,
  });
  worker.unref();
  // What goes wrong shows in a word.
  worker.on('error', () => Atomics.store(workerData.words, places.FAILED, 1));
}
