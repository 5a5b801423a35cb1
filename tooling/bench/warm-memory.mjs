// Touches memory, and frees it. A machine that gives free memory back to its host makes the first touch of
// a page cost several times its copy: whatever runs first after a pause would be measured as slow.
import { run } from './child.mjs';

const MIB = 2 ** 20;
/** MiB that the programs need in addition. */
const MORE = 64;

/** A script that touches memory: the kernel fills it with zeros. */
const touch = `
  const left = [];
  for (let octets = Number(process.argv[1]); octets > 0; octets -= 2 ** 30) {
    const memory = Buffer.alloc(Math.min(octets, 2 ** 30));
    for (let at = 0; at < memory.length; at += 4096) memory[at] = 1;
    left.push(memory);
  }
`;

/** An environment with huge pages, if malloc() can have them: it takes a fourth of the time. */
const environment = { ...process.env, GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };

/** @param {string} folder @param {number} mebibytes */
export async function warmMemory(folder, mebibytes) {
  const octets = String((mebibytes + MORE) * MIB);
  await run(folder, process.execPath, ['-e', touch, octets], { environment });
}
