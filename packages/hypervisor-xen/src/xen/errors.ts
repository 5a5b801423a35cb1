import { MigError } from '@mig/errors';
import { errorName, type ErrorName } from '@mig/posix';

/** A failed call of Xen's libraries: its name, its domain, and the error's name in errno.h. */
export class XenError extends MigError {
  override readonly name = 'XenError';
  readonly code: ErrorName;

  constructor(
    readonly call: string,
    readonly errno: number,
    readonly domid: number,
    detail?: string,
  ) {
    const code = errorName(errno);
    super(`${call} of domain ${domid}: ${code}${detail === undefined ? '' : ` (${detail})`}`);
    this.code = code;
  }
}
