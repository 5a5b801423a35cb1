import { messageOf } from '@mig/errors';

/** The state of a domain whose save has failed. */
export type AfterSave =
  | { readonly kind: 'running' | 'resumed' | 'as-it-was' | 'gone' }
  | {
      readonly kind: 'suspended';
      /** The reason why it could not be resumed. */
      readonly problem: unknown;
    };

/** A save that failed. */
export class SaveError extends Error {
  override readonly name = 'SaveError';

  constructor(
    override readonly cause: unknown,
    readonly domain: AfterSave,
  ) {
    super(messageOf(cause), { cause });
  }
}

/** The image is complete, but the domain could not be destroyed. */
export class RemnantError extends Error {
  override readonly name = 'RemnantError';

  constructor(override readonly cause: unknown) {
    super(messageOf(cause), { cause });
  }
}
