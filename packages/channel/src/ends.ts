/** Base classes of all sinks and all sources. */
import type { Bounds, OctetSink, OctetSource } from './channel.js';
import { EndOfInputError } from './errors.js';
import type { Interrupt } from './interrupt.js';
import { type Deadline, NO_TIMEOUT, type Timeout, type Waiting } from './wait.js';

export interface EndOptions {
  /** The name of this end in an error: "the stream to host2". */
  readonly subject: string;
  readonly interrupt?: Interrupt | undefined;
  /** The timeout; default: none. */
  readonly timeout?: Timeout;
}

abstract class End implements Bounds, Waiting {
  timeout: Timeout;
  deadline: Deadline | undefined;
  interrupt: Interrupt | undefined;
  whileWaiting: ((milliseconds: number) => void) | undefined;
  /** Interval between two calls of `whileWaiting` in milliseconds: see Waiting. */
  lookInterval: number | undefined;
  readonly subject: string;
  #octets = 0;

  constructor({ subject, interrupt, timeout = NO_TIMEOUT }: EndOptions) {
    this.subject = subject;
    this.interrupt = interrupt;
    this.timeout = timeout;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Counts octets that have moved. */
  protected moved(octets: number): void {
    this.#octets += octets;
  }
}

/** A sink without its `write`. */
export abstract class WritingEnd extends End implements OctetSink {
  abstract write(octets: Uint8Array): void;
}

/** Octets up to which a peer's announced length is believed before any of them has arrived. */
const FIRST_ALLOCATION = 1 << 20;

/** A source without its `readSome`. */
export abstract class ReadingEnd extends End implements OctetSource {
  abstract readSome(target: Uint8Array): number;

  fill(target: Uint8Array, due = target.length): void {
    for (let at = 0; at < target.length;) {
      const moved = this.readSome(at === 0 ? target : target.subarray(at));
      if (moved === 0) throw new EndOfInputError(this.subject, this.octets, due - at);
      at += moved;
    }
  }

  /** Reads into memory that grows with what arrives, not with what was announced. */
  read(length: number): Uint8Array {
    let octets = new Uint8Array(Math.min(length, FIRST_ALLOCATION));
    this.fill(octets, length);
    while (octets.length < length) {
      const larger = new Uint8Array(Math.min(length, octets.length * 4));
      larger.set(octets);
      this.fill(larger.subarray(octets.length), length - octets.length);
      octets = larger;
    }
    return octets;
  }
}
