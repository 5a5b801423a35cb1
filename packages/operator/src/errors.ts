import type { OperatorErrorCode } from './wire/operator-protocol.js';
import type { MigrationRecord } from './migration-record.js';

export type OperatorFailure =
  /** What the migration answers. */
  | OperatorErrorCode
  /** Its process is gone, or has dropped the connection. */
  | 'gone'
  /** Its process did not answer in time. */
  | 'silent'
  /** It answers nonsense. */
  | 'malformed';

/** What a migration refuses to its operator, or why it cannot be asked. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';

  constructor(
    readonly code: OperatorFailure,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Another process migrates the domain already. */
export class MigrationClaimedError extends Error {
  override readonly name = 'MigrationClaimedError';

  /** @param by undefined where that process has not noted it yet */
  constructor(
    readonly domid: number,
    readonly by: MigrationRecord | undefined,
  ) {
    super(`domain ${domid} is being migrated already${by === undefined ? '' : ` by process ${by.pid}`}`);
  }
}

/** The folder of the migrations is not its owner's alone. */
export class UnsafeFolderError extends Error {
  override readonly name = 'UnsafeFolderError';
}
