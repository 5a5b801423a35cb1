/**
 * mig as it is installed: its programs with all that they need, in one folder without a link to the outside.
 *
 *   bin/NAME                    a link to each program, by the name that its package gives it
 *   node_modules/PACKAGE/       ours and others, each once
 *
 * It is put together from what this checkout has built and installed, so nothing is fetched.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What koffi brings for other systems and for building it. */
const unneeded = /\/node_modules\/(?:koffi\/(?:vendor|doc)|@koromix\/[^/]+\/musl_x64)(?:\/|$)/;

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** As Node looks for it: in every node_modules from there upwards. */
function resolvePackage(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * @param {string} folder the package's
 * @param {Map<string, string>} found the folder of each package, by its name
 */
function collect(folder, found) {
  const { name, version, dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
  const known = found.get(name);
  if (known === folder) return;
  if (known !== undefined) {
    throw new Error(
      `${name} is needed as ${version} and as ${manifestOf(known).version}; only one has a place`,
    );
  }
  found.set(name, folder);
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const target = resolvePackage(needed, folder);
    if (target !== undefined) collect(target, found);
    // For another system, then.
    else if (!(needed in optionalDependencies))
      throw new Error(`${name} needs ${needed}, which is not installed`);
  }
}

function copyPackage(folder, target) {
  const filter = (path) => !unneeded.test(path);
  const ours = !folder.includes(`${sep}node_modules${sep}`);
  if (!ours) return cpSync(folder, target, { recursive: true, filter });
  const files = (manifestOf(folder).files ?? []).filter((name) => !name.startsWith('!'));
  for (const name of ['package.json', ...files]) {
    if (!existsSync(join(folder, name))) throw new Error(`${folder}/${name} is not there: pnpm build`);
    cpSync(join(folder, name), join(target, name), {
      recursive: true,
      filter: (path) => !path.endsWith('.map'),
    });
  }
}

/**
 * @param {string} folder becomes the deployment
 * @param {string[]} [programs] the packages' folders; all of apps/ unless given
 */
export function deployMig(folder, programs = appFolders()) {
  const found = new Map();
  for (const program of programs) collect(realpathSync(program), found);
  for (const [name, source] of found) copyPackage(source, join(folder, 'node_modules', name));
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const program of programs) {
    const { name, bin = {} } = manifestOf(program);
    for (const [command, path] of Object.entries(bin)) {
      symlinkSync(join('../node_modules', name, path), join(folder, 'bin', command));
    }
  }
}

function appFolders() {
  return readdirSync(join(root, 'apps'))
    .map((name) => join(root, 'apps', name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}
