import koffi from 'koffi';

const names = new Map<number, string>();
for (const [name, number] of Object.entries(koffi.os.errno)) if (!names.has(number)) names.set(number, name);

/** Its name in errno.h: "EPIPE". */
export function errorName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** A system call that failed: which one, on what, and the kernel's error by name ("EPIPE"). */
export class PosixError extends Error {
  override readonly name = 'PosixError';
  readonly code: string;

  constructor(
    readonly syscall: string,
    readonly errno: number,
    readonly subject: string,
  ) {
    const code = errorName(errno);
    super(`${syscall} ${subject}: ${code}`);
    this.code = code;
  }
}

/** What was awaited did not happen in time. `what` reads as in "no octet of the stream from the target". */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(
    readonly what: string,
    readonly milliseconds: number,
  ) {
    super(`${what} within ${milliseconds / 1000} s`);
  }
}

/** The other end closed the channel where more was expected. */
export class EndOfInputError extends Error {
  override readonly name = 'EndOfInputError';

  constructor(
    readonly subject: string,
    readonly offset: number,
    readonly missing: number,
  ) {
    super(`${subject} ended at octet ${offset}, ${missing} octets short`);
  }
}

/** A wait was ended by `Interrupt.raise()`. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(readonly reason: string) {
    super(`interrupted: ${reason}`);
  }
}
