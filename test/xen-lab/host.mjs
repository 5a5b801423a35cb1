/** Requirements of the lab on this machine: Debian's programs, and a source of its packages. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, searchPath } from './command.mjs';

/** @param {string} program */
function isHere(program) {
  return searchPath()
    .split(':')
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Makes sure that programs exist: installs their packages if possible.
 * @param {Record<string, string>} programs the package of each
 */
export function needPrograms(programs) {
  const missing = Object.keys(programs).filter((program) => !isHere(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((program) => programs[program] ?? []))];
  const what = `missing: ${missing.join(', ')}`;
  if (process.getuid?.() !== 0 || !isHere('apt-get')) {
    throw new Error(`${what}. Debian has them in ${packages.join(' ')}; as root this installs them itself.`);
  }
  console.log(`${what}; installing ${packages.join(' ')}`);
  run('apt-get', ['update', '-qq'], { seconds: 300 });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { seconds: 900 });
}

/**
 * The lines of sources.list by which this machine would get the suite's packages. On a machine that is not
 * Debian's there are none, and mmdebstrap uses its own default.
 * @param {string} suite
 */
export function sourceLines(suite) {
  const lines = listedSources(suite);
  if (lines.length > 0) return lines;
  // The packages' origin is known only when the lists have been fetched.
  run('apt-get', ['update', '-qq'], { seconds: 300 });
  return listedSources(suite);
}

/** @param {string} suite */
function listedSources(suite) {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)';
  const listed = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']).toString();
  // Debian's suites lie beside each other: another suite is found where this machine's is.
  const own = ownSuite();
  const suites = [own, `${own}-updates`, `${own}-security`];
  const lines = listed
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([uri, release = '', component, origin]) => {
      const isOurs = suites.includes(release) && component === 'main' && origin === 'Debian';
      return isOurs ? [`deb ${uri} ${release.replace(own, suite)} ${component}`] : [];
    });
  return [...new Set(lines)];
}

function ownSuite() {
  const [, suite = ''] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  return suite;
}
