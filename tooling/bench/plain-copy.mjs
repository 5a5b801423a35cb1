// The yardstick: the same octets copied from one process to another through a unix socket.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, run, versionOf } from './child.mjs';

/** @param {string} name */
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @returns {string | undefined} the version of the C compiler; undefined if there is none */
export const compiler = () => versionOf('cc');

/**
 * Prepares the copy: in C if there is a compiler, else in Node.
 * @param {string} folder
 * @returns {Promise<(file: string, octets: number) => Promise<number>>} copies, and gives the seconds
 */
export async function plainCopy(folder) {
  if (compiler() === undefined) return (file, octets) => copyInNode(folder, file, octets);
  const program = join(folder, 'plain-copy');
  await run(folder, 'cc', ['-O2', '-o', program, beside('plain-copy.c')]);
  return async (file, octets) => Number(await run(folder, program, [file, String(octets)]));
}

/** @param {string} folder @param {string} file @param {number} octets */
async function copyInNode(folder, file, octets) {
  const program = beside('plain-copy-in-node.mjs');
  const options = { cwd: folder };
  // Node's pipes are pairs of unix sockets.
  const reader = spawn(process.execPath, [program, 'read', String(octets)], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const writer = spawn(process.execPath, [program, 'write', file, String(octets)], {
    ...options,
    stdio: ['ignore', reader.stdin, 'inherit'],
  });
  reader.stdin.destroy();
  const [seconds] = await Promise.all([output(reader, 'the reader'), output(writer, 'the writer')]);
  return Number(seconds);
}
