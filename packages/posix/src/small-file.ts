import { MigError } from '@mig/errors';
import { closeSync, openSync, readSync } from 'node:fs';

/** A file is longer than the caller allows. */
export class FileTooLongError extends MigError {
  override readonly name = 'FileTooLongError';
  readonly code = 'file-too-long';

  /** @param longest most octets */
  constructor(
    readonly path: string,
    readonly longest: number,
  ) {
    super(`${path} has more than ${longest} bytes`);
  }
}

/** Size of the buffer at first, in octets. */
const FIRST = 4096;

/**
 * Reads a file that another user may have written. It reads no more than the limit, even from a file that
 * never ends, such as a device.
 * @param longest most octets
 * @throws FileTooLongError; the file system's errors
 */
export function readSmallFile(path: string, longest: number): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    let octets = new Uint8Array(Math.min(FIRST, longest + 1));
    let length = 0;
    for (;;) {
      const count = readSync(fd, octets, length, octets.length - length, null);
      length += count;
      if (length > longest) throw new FileTooLongError(path, longest);
      if (count === 0) return octets.subarray(0, length);
      if (length < octets.length) continue;
      const larger = new Uint8Array(Math.min(octets.length * 4, longest + 1));
      larger.set(octets);
      octets = larger;
    }
  } finally {
    closeSync(fd);
  }
}
