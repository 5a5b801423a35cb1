import { type InterruptReason, MemoryInterrupt } from '@mig/channel';
import { attempt, call } from './libc.js';

const EFD_CLOEXEC_NONBLOCK = 0o2004000;

/** The parts that cross to a worker: a descriptor, which all threads share, and a word of shared memory. */
export interface SharedInterrupt {
  readonly fd: number;
  readonly word: Int32Array<SharedArrayBuffer>;
}

/**
 * Ends the waits of a thread that is blocked in `poll`, from another thread: the loop runs in a worker, while
 * signals arrive on the main thread.
 */
export class Interrupt extends MemoryInterrupt {
  private constructor(readonly shared: SharedInterrupt) {
    super(shared.word);
  }

  static create(): Interrupt {
    const fd = call('eventfd', 'interrupt', 0, EFD_CLOEXEC_NONBLOCK);
    return new Interrupt({ fd, word: new Int32Array(new SharedArrayBuffer(4)) });
  }

  /** Makes the same interrupt in another thread. */
  static from(shared: SharedInterrupt): Interrupt {
    return new Interrupt(shared);
  }

  /**
   * Makes an interrupt that is raised while the other end of `fd` is closed, or sends octets when none are
   * expected.
   */
  static byPeer(fd: number): Interrupt {
    return new Interrupt({ fd, word: new Int32Array(new SharedArrayBuffer(4)) });
  }

  get fd(): number {
    return this.shared.fd;
  }

  /** Makes the descriptor readable, for good. */
  override raise(reason: InterruptReason): void {
    super.raise(reason);
    attempt('write', this.fd, new BigUint64Array([1n]), 8);
  }

  close(): void {
    attempt('close', this.fd);
  }
}
