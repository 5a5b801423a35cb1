import { closeSync, openSync, readSync } from 'node:fs';

/** A file is longer than any that is meant. */
export class FileTooLongError extends Error {
  override readonly name = 'FileTooLongError';

  /** @param longest octets */
  constructor(
    readonly path: string,
    readonly longest: number,
  ) {
    super(`${path} has more than ${longest} octets`);
  }
}

/** Octets of the buffer at first. */
const FIRST = 4096;

/**
 * Reads a file that somebody else may have written. Of what never ends, a device say, no more is read than is allowed.
 * @param longest octets
 * @throws FileTooLongError; what the file system says
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
