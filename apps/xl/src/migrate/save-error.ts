/** A save that failed, and what became of the domain. */
export class SaveError extends Error {
  override readonly name = 'SaveError';

  constructor(
    override readonly cause: unknown,
    readonly domain: { readonly wasSuspended: boolean; readonly problem?: unknown },
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The image is complete, and the domain could not be destroyed. */
export class RemnantError extends Error {
  override readonly name = 'RemnantError';

  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
