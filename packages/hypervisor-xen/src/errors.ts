import { errorName } from '@mig/posix';

/** A call of Xen's libraries that failed: which one, on which domain, and the error by its name in errno.h. */
export class XenError extends Error {
  override readonly name = 'XenError';
  readonly code: string;

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
