/** Makes dom0's files from Debian's packages, before the lab's own are added. */
import { renameSync, rmSync } from 'node:fs';
import { run } from './command.mjs';
import { sourceLines } from './host.mjs';
import { dom0Packages } from './packages.mjs';

/** Files that nobody reads in dom0, a third of all. */
const unread = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/** @param {import('./packages.mjs').Release} release */
export function rootfsRecipe(release) {
  return { suite: release.suite, dom0Packages: dom0Packages(release), unread };
}

/**
 * @param {string} folder must not exist; it appears when it is complete
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
      // An interrupted root is thrown away.
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
