/**
 * The folder that dom0 sees as /mnt: what it runs, and its results.
 *
 *   run.sh            dom0/run.sh, or dom0/peer.sh on a second machine
 *   clean.sh, lib-peer.sh
 *   lib.sh, libvirt.sh, two-hosts.sh, log-dirty.mjs, shut-down.mjs, versions.mjs
 *                     what the cases are written with
 *   cases/NAME.sh
 *   plan.txt          a line for each case: its name and its limit in seconds
 *   ssh/              for two machines
 *   out/              verdicts.txt, and a folder for each case
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const always = [
  { source: here('dom0/clean.sh'), name: 'clean.sh' },
  { source: here('dom0/lib-peer.sh'), name: 'lib-peer.sh' },
  { source: here('cases/lib.sh'), name: 'lib.sh' },
  { source: here('cases/libvirt.sh'), name: 'libvirt.sh' },
  { source: here('cases/log-dirty.mjs'), name: 'log-dirty.mjs' },
  { source: here('cases/versions.mjs'), name: 'versions.mjs' },
  { source: here('cases/shut-down.mjs'), name: 'shut-down.mjs' },
  { source: here('cases/hypervisor-cases.mjs'), name: 'hypervisor-cases.mjs' },
  { source: here('cases/two-hosts/lib.sh'), name: 'two-hosts.sh' },
];

/**
 * @param {string} folder
 * @param {object} contents
 * @param {import('./case-files.mjs').Case[]} contents.cases
 * @param {boolean} [contents.peer] for the machine that runs none of them itself
 * @param {{ source: string, name: string }[]} [contents.sources] further folders and files, by their name in the share
 */
export function prepareShare(folder, { cases, peer = false, sources = [] }) {
  mkdirSync(join(folder, 'out'), { recursive: true });
  mkdirSync(join(folder, 'cases'));
  const run = { source: here(peer ? 'dom0/peer.sh' : 'dom0/run.sh'), name: 'run.sh' };
  for (const { source, name } of [run, ...always, ...sources]) {
    cpSync(source, join(folder, name), { recursive: true });
  }
  for (const { name, path } of cases) cpSync(path, join(folder, 'cases', `${name}.sh`));
  const plan = cases.map(({ name, limit }) => `${name} ${limit}\n`);
  writeFileSync(join(folder, 'plan.txt'), plan.join(''));
}
