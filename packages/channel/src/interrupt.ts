const reasons = ['SIGINT', 'SIGTERM', 'SIGHUP', 'peer-gone', 'operator'] as const;

/** The reason why a wait was ended from outside. */
export type InterruptReason = (typeof reasons)[number];

/** Ends the waits of a blocked thread, from another thread. */
export interface Interrupt {
  /** The reason, once the interrupt is raised; it stays raised. */
  readonly raised: InterruptReason | undefined;
  /**
   * One word of shared memory: not 0 once the interrupt is raised, which wakes waits on it with Atomics.wait.
   */
  readonly word: Int32Array<SharedArrayBuffer>;
  /**
   * A descriptor that becomes readable, for waits in poll(); without it such a wait checks `word` from time
   * to time.
   */
  readonly fd?: number | undefined;
}

/** An interrupt that is one word of shared memory: another thread makes its own from the same word. */
export class MemoryInterrupt implements Interrupt {
  constructor(readonly word = new Int32Array(new SharedArrayBuffer(4))) {}

  raise(reason: InterruptReason): void {
    Atomics.store(this.word, 0, reasons.indexOf(reason) + 1);
    Atomics.notify(this.word, 0);
  }

  get raised(): InterruptReason | undefined {
    return reasons[Atomics.load(this.word, 0) - 1];
  }
}
