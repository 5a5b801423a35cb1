import type { TargetOutcome, TargetState } from '@mig/protocol/handshake';

/** Memory that differs from the source's, found by a VERIFY pass (`xl migrate --debug`). */
export class ComparisonError extends Error {
  override readonly name = 'ComparisonError';

  constructor(readonly pages: number) {
    super(`${pages} pages differ from the source's`);
  }
}

/** Octets other than permission to go when that was due. */
export class NoPermissionError extends Error {
  override readonly name = 'NoPermissionError';

  constructor() {
    super('the source sent something else than permission to go');
  }
}

/** A domain that did not arrive: the target's state, the fate of its copy, and the cause. */
export class ReceiveError extends Error {
  override readonly name = 'ReceiveError';

  constructor(
    readonly state: TargetState,
    readonly outcome: TargetOutcome,
    override readonly cause: unknown,
    /** The further failure while the copy was removed. */
    readonly recoveryError?: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
