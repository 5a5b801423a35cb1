/** The base class of all errors of mig's packages. */

/** An error of mig. Its class has the context, such as the domain, the record or the system call. */
export abstract class MigError extends Error {
  abstract override readonly name: string;
  /** Code of the error, out of the closed set of its class: see docs/errors.md. */
  abstract readonly code: string;
}

/** Returns the message of what was thrown, which need not be an error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
