/** dom0's files as Debian's packages make them, before anything of the lab's own is added. */
import { renameSync, rmSync } from 'node:fs';
import { run } from './command.mjs';
import { sourceLines } from './host.mjs';
import { dom0Packages } from './packages.mjs';

/** Nobody reads them in there, and they are a third of all the files. */
const unread = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/** @param {import('./packages.mjs').Release} release */
export function rootfsRecipe(release) {
  return { suite: release.suite, dom0Packages: dom0Packages(release), unread };
}

/**
 * @param {string} folder must not be there yet; it appears when all of it is there
 * @param {import('./packages.mjs').Release} release
 */
export function makeRootfs(folder, release) {
  const { suite } = release;
  const growing = `${folder}.growing`;
  rmSync(growing, { recursive: true, force: true });
  run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=important',
      `--include=${dom0Packages(release).join(',')}`,
      '--aptopt=Acquire::Languages "none"',
      // It is thrown away if it was interrupted.
      '--dpkgopt=force-unsafe-io',
      ...unread.map((path) => `--dpkgopt=path-exclude=${path}`),
      suite,
      growing,
      ...sourceLines(suite),
    ],
    { seconds: 1200 },
  );
  renameSync(growing, folder);
}
