/** What carries the octets of a stream, as those see it who write and read one: how they get there is the channel's business. */
import type { Interrupt } from './interrupt.js';
import type { Deadline, Timeout } from './wait.js';

/** What bounds the waits of one end of a channel, and what may end them; whoever drives the end changes them as it goes on. */
export interface Bounds {
  /** No octet moved for this long is a TimeoutError. */
  timeout: Timeout;
  /** A wait beyond it is a TimeoutError, however often an octet moves. */
  deadline: Deadline | undefined;
  /** What may end a wait as an InterruptedError; undefined where nothing may (after permission to go). */
  interrupt: Interrupt | undefined;
  /** See Waiting. */
  whileWaiting: ((milliseconds: number) => void) | undefined;
}

/** Where the octets of a stream go: the writing half of a channel. It blocks. */
export interface OctetSink extends Bounds {
  /** Octets written so far. */
  readonly octets: number;
  /**
   * Writes all of it. The array is the caller's again on return.
   * @throws TimeoutError, InterruptedError; where the other end is gone, an error of the sink's kind
   */
  write(octets: Uint8Array): void;
  /** The faster ways, where the sink is a file descriptor. */
  readonly descriptor?: SinkDescriptor | undefined;
}

/** Where the octets of a stream come from: the reading half of a channel. It blocks, and never takes more than it is asked for. */
export interface OctetSource extends Bounds {
  /** Octets read so far. */
  readonly octets: number;
  /**
   * Reads what has arrived, waiting for at least one octet.
   * @returns how many octets of `target` were filled; 0 at the end
   * @throws TimeoutError, InterruptedError; where the other end is gone otherwise than by its end, an error of the source's kind
   */
  readSome(target: Uint8Array): number;
  /**
   * Fills all of `target`.
   * @param due octets that were to come, `target` included, for the error; as many as `target` has unless given
   * @throws EndOfInputError when the source ends before
   */
  fill(target: Uint8Array, due?: number): void;
  /**
   * Reads exactly `length` octets into an array of their own.
   * @throws EndOfInputError when the source ends before
   */
  read(length: number): Uint8Array;
  /** The faster ways, where the source is a file descriptor. */
  readonly descriptor?: SourceDescriptor | undefined;
}

/** Both directions to the other end; `input` and `output` may share an Interrupt, which aborts while that is safe. */
export interface Channel {
  readonly input: OctetSource;
  readonly output: OctetSink;
}

/** Ranges of this process's memory by their addresses, as the kernel takes them: an array of struct iovec. */
export interface AddressRanges {
  /** Octets not yet taken. */
  readonly octets: number;
  /** Entries not yet taken. */
  readonly count: number;
  /** The entries not yet taken: base and length, 64 bits each. */
  remaining(): Uint32Array;
  /** Drops the first `octets`, which a system call has moved. */
  take(octets: number): void;
}

/** A pipe's two descriptors. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** What a sink that is a file descriptor can do: no octet passes through JavaScript. */
export interface SinkDescriptor {
  readonly fd: number;
  /** Writes, and empties, all of the ranges. */
  writev(ranges: AddressRanges): void;
  /**
   * Puts octets of a file that is kept in memory into a pipe, as references to the file's pages.
   * @returns false, nothing having moved, where the sink is no pipe
   */
  splice(file: number, offset: number, length: number): boolean;
  /** Counts octets that another process has written to the same descriptor. */
  wroteElsewhere(octets: number): void;
}

/** What a source that is a file descriptor can do: no octet passes through JavaScript. */
export interface SourceDescriptor {
  readonly fd: number;
  /** Fills, and empties, all of the ranges. @param through a pipe that many octets are taken into first, as by `splice` */
  readv(ranges: AddressRanges, through?: Pipe): void;
  /**
   * Moves octets into a file that is kept in memory, through a pipe of the caller's own.
   * @returns false, nothing having moved, where the source cannot be spliced
   */
  splice(file: number, offset: number, length: number, through: Pipe): boolean;
}
