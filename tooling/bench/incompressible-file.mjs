import { randomFillSync } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createMemoryFile } from '@mig/posix';

const PIECE = 1 << 20;

/**
 * Makes a memory file of random octets, as a domain's RAM is. It has no name, and disappears with this
 * process.
 * @param {number} octets
 * @returns {{ fd: number, path: string }} with a path by which other processes of this user open it
 */
export function incompressibleFile(octets) {
  const fd = createMemoryFile('bench', octets);
  const piece = Buffer.alloc(PIECE);
  for (let at = 0; at < octets; at += PIECE) writeSync(fd, randomFillSync(piece), 0, PIECE, at);
  return { fd, path: `/proc/${process.pid}/fd/${fd}` };
}
