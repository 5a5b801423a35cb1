// Lists every running process of this checkout's mig: domains and toolstacks. Status 1 if there is one.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Paths of the programs, as in a command line. */
const programs = [
  /\bhypervisor-wasm\/dist\/domain\/main\.js$/,
  /\b(?:apps|@mig)\/xl(?:-receive|-save-helper)?\/(?:dist\/main|bin\/xl(?:-receive)?)\.js$/,
];

/** @param {string} pid */
function look(pid) {
  try {
    const [, program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (!program.startsWith(root) || !programs.some((pattern) => pattern.test(program))) return [];
    return [`${pid}  ${program} ${args.join(' ').trim()}  in ${readlinkSync(`/proc/${pid}/cwd`)}`];
  } catch {
    // The process has just ended, or is another user's.
    return [];
  }
}

const left = readdirSync('/proc')
  .filter((name) => /^[0-9]+$/.test(name))
  .flatMap(look);

for (const line of left) console.log(line);
console.log(left.length === 0 ? 'no process of mig is left' : `${left.length} processes of mig are left`);
process.exitCode = left.length === 0 ? 0 : 1;
