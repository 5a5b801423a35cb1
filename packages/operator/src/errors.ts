import { MigError } from '@mig/errors';
import type { OperatorErrorCode } from './wire/operator-protocol.js';
import type { MigrationRecord } from './migration-record.js';

export type OperatorFailure =
  /** The migration's answer. */
  | OperatorErrorCode
  /** The process is gone, or has closed the connection. */
  | 'gone'
  /** The process did not answer in time. */
  | 'silent'
  /** The answer is malformed. */
  | 'malformed';

/** A request that a migration refuses, or the reason why it cannot be asked. */
export class OperatorError extends MigError {
  override readonly name = 'OperatorError';

  constructor(
    readonly code: OperatorFailure,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Thrown where another process migrates the domain already. */
export class MigrationClaimedError extends MigError {
  override readonly name = 'MigrationClaimedError';
  readonly code = 'claimed';

  /** @param by undefined if that process has not written its record yet */
  constructor(
    readonly domid: number,
    readonly by: MigrationRecord | undefined,
  ) {
    super(`domain ${domid} is being migrated already${by === undefined ? '' : ` by process ${by.pid}`}`);
  }
}

/** Thrown where the folder of the migrations is not its owner's alone. */
export class UnsafeFolderError extends MigError {
  override readonly name = 'UnsafeFolderError';
  readonly code = 'unsafe-folder';
}
