/**
 * The interfaces of a channel, for code that writes and reads a stream's octets; how they travel is the
 * channel's business.
 */
import type { Interrupt } from './interrupt.js';
import type { Deadline, Timeout } from './wait.js';

/**
 * The bounds on the waits of one end of a channel, and what may end them; the user of the end changes them as
 * it goes on.
 */
export interface Bounds {
  /** Timeout of a single wait: TimeoutError if no octet moves for this long. */
  timeout: Timeout;
  /** Deadline of all waits: TimeoutError when it is reached, even while octets move. */
  deadline: Deadline | undefined;
  /**
   * The interrupt that may end a wait with an InterruptedError; undefined if nothing may (after permission to
   * go).
   */
  interrupt: Interrupt | undefined;
  /** Called during waits: see Waiting. */
  whileWaiting: ((milliseconds: number) => void) | undefined;
}

/** The writing half of a channel, which takes the octets of a stream. It blocks. */
export interface OctetSink extends Bounds {
  /** Number of octets written so far. */
  readonly octets: number;
  /**
   * Writes all of `octets`. The caller may reuse the array on return.
   * @throws TimeoutError, InterruptedError; if the other end is gone, an error of the sink's kind
   */
  write(octets: Uint8Array): void;
  /** Faster ways to write, if the sink is a file descriptor. */
  readonly descriptor?: SinkDescriptor | undefined;
}

/**
 * The reading half of a channel, which gives the octets of a stream. It blocks, and never takes more than
 * requested.
 */
export interface OctetSource extends Bounds {
  /** Number of octets read so far. */
  readonly octets: number;
  /**
   * Reads what has arrived, waiting for at least one octet.
   * @returns the number of octets of `target` that were filled; 0 at the end
   * @throws TimeoutError, InterruptedError; if the other end is gone without an end of the stream, an error
   * of the source's kind
   */
  readSome(target: Uint8Array): number;
  /**
   * Tells without waiting whether octets have arrived, or the end: `readSome` then returns at once. Absent if the
   * source cannot tell.
   */
  hasArrived?(): boolean;
  /**
   * Fills all of `target`.
   * @param due number of octets that should arrive, including `target`, for the error; default: the length of
   * `target`
   * @throws EndOfInputError if the source ends before
   */
  fill(target: Uint8Array, due?: number): void;
  /**
   * Reads exactly `length` octets into an array of their own.
   * @throws EndOfInputError if the source ends before
   */
  read(length: number): Uint8Array;
  /** Faster ways to read, if the source is a file descriptor. */
  readonly descriptor?: SourceDescriptor | undefined;
}

/**
 * Both directions to the other end; `input` and `output` may share an Interrupt, which aborts while that is
 * safe.
 */
export interface Channel {
  readonly input: OctetSource;
  readonly output: OctetSink;
}

/** Ranges of this process's memory by their addresses, in the kernel's form: an array of struct iovec. */
export interface AddressRanges {
  /** Number of octets not yet taken. */
  readonly octets: number;
  /** Number of entries not yet taken. */
  readonly count: number;
  /** The entries not yet taken: base and length, 64 bits each. */
  remaining(): Uint32Array;
  /** Drops the first `octets`, which a system call has moved. */
  take(octets: number): void;
}

/** The two descriptors of a pipe. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Operations of a sink that is a file descriptor: no octet passes through JavaScript. */
export interface SinkDescriptor {
  readonly fd: number;
  /** Writes all of the ranges, and empties them. */
  writev(ranges: AddressRanges): void;
  /**
   * Puts octets of an in-memory file into a pipe, as references to the file's pages.
   * @returns false, without moving anything, if the sink is no pipe
   */
  splice(file: number, offset: number, length: number): boolean;
  /** Counts octets that another process has written to the same descriptor. */
  wroteElsewhere(octets: number): void;
}

/** Operations of a source that is a file descriptor: no octet passes through JavaScript. */
export interface SourceDescriptor {
  readonly fd: number;
  /**
   * Fills all of the ranges, and empties them.
   * @param through a pipe into which many octets go first, as with `splice`
   */
  readv(ranges: AddressRanges, through?: Pipe): void;
  /**
   * Moves octets into an in-memory file, through a pipe of the caller's own.
   * @returns false, without moving anything, if the source cannot be spliced
   */
  splice(file: number, offset: number, length: number, through: Pipe): boolean;
}
