import { ExitStatus } from './exit-status.js';

/** What could not be done, in a sentence for the operator that says what to do next where there is something. */
export class Failure extends Error {
  override readonly name: string = 'Failure';

  constructor(
    message: string,
    readonly status: number = ExitStatus.failure,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** A failure in the words of stock `xl`, which scripts may match: printed without `xl:` before it. */
export class StockFailure extends Failure {
  override readonly name = 'StockFailure';

  constructor(
    message: string,
    status: number = ExitStatus.failure,
    /** Text of our own that is printed after it. */
    readonly help = '',
  ) {
    super(message, status);
  }
}
