/** The folder in which a run is set up, removed afterwards, and what both kinds of run need in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployMig } from '../../tooling/deployment.mjs';
import { makeDisk } from './disk.mjs';

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
  deployMig(join(stage, 'mig'));
  makeDisk(join(stage, 'mig'), disk);
  return disk;
}

/** @param {import('./case-files.mjs').Case[]} cases */
export function secondsFor(cases) {
  return cases.reduce((sum, { limit }) => sum + limit + toCleanUp, toBoot);
}
