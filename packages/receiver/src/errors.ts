import type { TargetOutcome, TargetState } from '@mig/protocol/handshake';

/** A VERIFY pass (`xl migrate --debug`) found memory that is not what the source has. */
export class ComparisonError extends Error {
  override readonly name = 'ComparisonError';

  constructor(readonly pages: number) {
    super(`${pages} pages differ from the source's`);
  }
}

/** Something else came where permission to go was due. */
export class NoPermissionError extends Error {
  override readonly name = 'NoPermissionError';

  constructor() {
    super('the source sent something else than permission to go');
  }
}

/** A domain that did not arrive: where the target stood, what became of its copy, and why. */
export class ReceiveError extends Error {
  override readonly name = 'ReceiveError';

  constructor(
    readonly state: TargetState,
    readonly outcome: TargetOutcome,
    override readonly cause: unknown,
    /** What failed on top of it while the copy was removed. */
    readonly recoveryError?: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
