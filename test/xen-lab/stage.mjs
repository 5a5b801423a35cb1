/** The folder in which a run is set up, removed afterwards, and what both kinds of run need in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployMig } from '../../tooling/deployment.mjs';
import { run } from './command.mjs';
import { makeDisk } from './disk.mjs';

const makePackage = fileURLToPath(new URL('../../tooling/package/deb.mjs', import.meta.url));

/** Seconds for a boot, and for the time after each case, on a busy machine. */
const toBoot = 300;
const toCleanUp = 90;

/** @param {{ keep: boolean }} options @returns {string} */
export function makeStage({ keep }) {
  const folder = mkdtempSync(join(tmpdir(), 'mig-xen-lab-'));
  process.on('exit', () => {
    if (keep) console.log(`left: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** @param {string} stage @returns {string} the disk with mig on it */
export function makeMigDisk(stage) {
  const disk = join(stage, 'mig.img');
  // With the libraries that cases try in dom0.
  deployMig(join(stage, 'mig'), ['sender', 'hypervisor-xen']);
  const packages = join(stage, 'mig/packages');
  // A version, and the next.
  for (const version of ['0.0.0', '0.0.1']) {
    run('node', [makePackage, '--version', version, '--out', packages], { seconds: 120 });
  }
  writeFileSync(join(packages, 'install.sh'), installation());
  makeDisk(join(stage, 'mig'), disk);
  return disk;
}

/** The lines of the README that install mig and migrate with it. */
function installation() {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, lines] =
    /^<!-- The Xen lab runs these lines in a dom0. -->\n```sh\n(.*?)```$/ms.exec(readme) ?? [];
  if (lines === undefined) throw new Error('the README has no lines for the lab');
  return lines;
}

/** @param {import('./case-files.mjs').Case[]} cases */
export function secondsFor(cases) {
  return cases.reduce((sum, { limit }) => sum + limit + toCleanUp, toBoot);
}
