import { MigError } from '@mig/errors';

export type EngineFailure =
  /** The address is none of a Redis server. */
  | 'address'
  /** The server does not answer, or its certificate is not trusted. */
  | 'unreachable'
  /** The server refuses the user or the password. */
  | 'denied'
  /** The server keeps something that mig has not written, or not this version of it. */
  | 'malformed';

/** The reason why the server of the jobs cannot be used. */
export class EngineError extends MigError {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineFailure,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
