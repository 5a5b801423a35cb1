import type { ArrivalRefusal } from '@mig/protocol/handshake';
import { ExitStatus } from './exit-status.js';

/** A failure, as a sentence for the operator; it says what to do next if there is something to do. */
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

/** A failure in the words of stock `xl`, which scripts may match: printed without the `xl:` prefix. */
export class StockFailure extends Failure {
  override readonly name = 'StockFailure';

  constructor(
    message: string,
    status: number = ExitStatus.failure,
    /** Text of our own, printed after the message. */
    readonly help = '',
  ) {
    super(message, status);
  }
}

/** The refusal of a target that was asked beforehand. */
export class TargetFailure extends Failure {
  override readonly name = 'TargetFailure';

  constructor(
    message: string,
    /** Code of the reason, if the only one is that no domain may arrive now. */
    readonly refusal: ArrivalRefusal | undefined,
  ) {
    super(message);
  }
}
