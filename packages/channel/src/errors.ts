/**
 * An awaited event that did not happen in time. `what` reads as in "no octet of the stream from the target".
 */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(
    readonly what: string,
    readonly milliseconds: number,
  ) {
    super(`${what} within ${milliseconds / 1000} s`);
  }
}

/** The other end closed the channel when more was expected. */
export class EndOfInputError extends Error {
  override readonly name = 'EndOfInputError';

  /** @param missing number of octets that should still have arrived */
  constructor(
    readonly subject: string,
    readonly offset: number,
    readonly missing: number,
  ) {
    super(`${subject} ended at octet ${offset}, ${missing} octets short`);
  }
}

/** `Interrupt.raise()` ended a wait. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(readonly reason: string) {
    super(`interrupted: ${reason}`);
  }
}

/** A Node stream failed in the thread that has it. */
export class StreamFailedError extends Error {
  override readonly name = 'StreamFailedError';

  /**
   * @param code Node's name of the failure: "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"; undefined if it has
   * none
   */
  constructor(
    readonly subject: string,
    readonly code: string | undefined,
    message: string,
  ) {
    super(`${subject}: ${message}`);
  }
}
