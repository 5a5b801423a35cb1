import { attempt, call } from './libc.js';

const EFD_CLOEXEC_NONBLOCK = 0o2004000;

const reasons = ['SIGINT', 'SIGTERM', 'SIGHUP', 'peer-gone', 'operator'] as const;
export type InterruptReason = (typeof reasons)[number];

/** What crosses to a worker: a descriptor, which all threads share, and a word of shared memory. */
export interface SharedInterrupt {
  readonly fd: number;
  readonly word: Int32Array<SharedArrayBuffer>;
}

/**
 * Ends the waits of a thread that is blocked in `poll`, from another thread: the loop runs in a worker, signals
 * arrive on the main thread.
 */
export class Interrupt {
  private constructor(readonly shared: SharedInterrupt) {}

  static create(): Interrupt {
    const fd = call('eventfd', 'interrupt', 0, EFD_CLOEXEC_NONBLOCK);
    return new Interrupt({ fd, word: new Int32Array(new SharedArrayBuffer(4)) });
  }

  /** The same interrupt in another thread. */
  static from(shared: SharedInterrupt): Interrupt {
    return new Interrupt(shared);
  }

  /** Raised for as long as the other end of `fd` is closed, or has something to say where nothing is expected. */
  static byPeer(fd: number): Interrupt {
    return new Interrupt({ fd, word: new Int32Array(new SharedArrayBuffer(4)) });
  }

  /** The descriptor becomes readable, and stays so. */
  raise(reason: InterruptReason): void {
    Atomics.store(this.shared.word, 0, reasons.indexOf(reason) + 1);
    attempt('write', this.shared.fd, new BigUint64Array([1n]), 8);
  }

  get raised(): InterruptReason | undefined {
    return reasons[Atomics.load(this.shared.word, 0) - 1];
  }

  close(): void {
    attempt('close', this.shared.fd);
  }
}
