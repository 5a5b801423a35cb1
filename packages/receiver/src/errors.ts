import { messageOf, MigError } from '@mig/errors';
import type { TargetOutcome, TargetState } from '@mig/protocol/handshake';

/** Memory that differs from the source's, found by a VERIFY pass (`xl migrate --debug`). */
export class ComparisonError extends MigError {
  override readonly name = 'ComparisonError';
  readonly code = 'memory-differs';

  constructor(readonly pages: number) {
    super(`${pages} pages differ from the source's`);
  }
}

/** Error of a source that sent anything but permission to go when that was due. */
export class NoPermissionError extends MigError {
  override readonly name = 'NoPermissionError';
  readonly code = 'no-permission-to-go';

  constructor() {
    super('the source sent something else than permission to go');
  }
}

/** A domain that did not arrive: the target's state, the fate of its copy, and the cause. */
export class ReceiveError extends MigError {
  override readonly name = 'ReceiveError';
  readonly code = 'receive-failed';

  constructor(
    readonly state: TargetState,
    readonly outcome: TargetOutcome,
    override readonly cause: unknown,
    /** The further failure while the copy was removed. */
    readonly recoveryError?: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}
