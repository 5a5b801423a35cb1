import { randomFillSync } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createMemoryFile } from '@mig/posix';

const PIECE = 1 << 20;

/**
 * A memory file of random octets, as a domain's RAM is one. It has no name and is gone with this process, however that ends.
 * @param {number} octets
 * @returns {{ fd: number, path: string }} the path is one by which others of this user open it
 */
export function incompressibleFile(octets) {
  const fd = createMemoryFile('bench', octets);
  const piece = Buffer.alloc(PIECE);
  for (let at = 0; at < octets; at += PIECE) writeSync(fd, randomFillSync(piece), 0, PIECE, at);
  return { fd, path: `/proc/${process.pid}/fd/${fd}` };
}
