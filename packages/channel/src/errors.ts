import { MigError } from '@mig/errors';

/**
 * An awaited event that did not happen in time. `what` reads as in "no bytes of the stream from the target".
 */
export class TimeoutError extends MigError {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';

  constructor(
    readonly what: string,
    readonly milliseconds: number,
  ) {
    super(`${what} within ${milliseconds / 1000} s`);
  }
}

/** The other end closed the channel when more was expected. */
export class EndOfInputError extends MigError {
  override readonly name = 'EndOfInputError';
  readonly code = 'end-of-input';

  /** @param missing number of octets that should still have arrived */
  constructor(
    readonly subject: string,
    readonly offset: number,
    readonly missing: number,
  ) {
    super(`${subject} ended at byte ${offset}, ${missing} bytes short`);
  }
}

/** `Interrupt.raise()` ended a wait. */
export class InterruptedError extends MigError {
  override readonly name = 'InterruptedError';
  readonly code = 'interrupted';

  constructor(readonly reason: string) {
    super(`interrupted: ${reason}`);
  }
}

/** A Node stream failed in the thread that has it. */
export class StreamFailedError extends MigError {
  override readonly name = 'StreamFailedError';
  readonly code = 'stream-failed';

  /**
   * @param reason Node's name of the failure: "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"; undefined if it
   * has none
   */
  constructor(
    readonly subject: string,
    readonly reason: string | undefined,
    message: string,
  ) {
    super(`${subject}: ${message}`);
  }
}
