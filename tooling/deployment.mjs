/**
 * Builds mig as it is installed: its programs with all that they need, in one folder without links to the
 * outside.
 *
 *   bin/NAME                    a link to each program, by the name that its package gives it
 *   node_modules/PACKAGE/       ours and others; other versions of one below those that need them
 *
 * It is put together from what this checkout has built and installed, so nothing is fetched.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files of koffi for other systems, and for building it. */
const unneeded = /\/node_modules\/(?:koffi\/(?:vendor|doc)|@koromix\/[^/]+\/musl_x64)(?:\/|$)/;

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {string[]} [files]
 * @property {Record<string, string>} [bin]
 */

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * Resolves a package as Node does: in every node_modules from there upwards.
 * @param {string} name
 * @param {string} from
 */
function resolvePackage(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Assigns each package a place: beside all others or, if another version is there already, below the
 * package that needs it, as Node resolves it. The programs' own dependencies come first.
 * @param {string[]} programs the packages' folders
 * @returns {Map<string, string>} the source folder of each place, by the place:
 * "node_modules/a/node_modules/b"
 */
function placePackages(programs) {
  /** @type {Map<string, string>} */
  const places = new Map();
  const queue = programs.map((folder) => ({ folder, parent: '' }));
  for (const { folder, parent } of queue) {
    const { name, dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
    const nearest = nearestPlace(places, name, parent);
    if (nearest !== undefined && places.get(nearest) === folder) continue;
    const place = nearest === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`;
    places.set(place, folder);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const target = resolvePackage(needed, folder);
      if (target !== undefined) queue.push({ folder: target, parent: place });
      // A package for another system.
      else if (!(needed in optionalDependencies))
        throw new Error(`${name} needs ${needed}, which is not installed`);
    }
  }
  return places;
}

/**
 * The place where a package at `from` finds the one of that name.
 * @param {ReadonlyMap<string, string>} places
 * @param {string} name
 * @param {string} from
 */
function nearestPlace(places, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (places.has(place)) return place;
    if (at === '') return undefined;
  }
}

/** @param {string} folder @param {string} target */
function copyPackage(folder, target) {
  /** @param {string} path */
  const filter = (path) => !unneeded.test(path);
  const ours = !folder.includes(`${sep}node_modules${sep}`);
  if (!ours) return cpSync(folder, target, { recursive: true, filter });
  // The sources are there for whoever reads the libraries.
  const files = (manifestOf(folder).files ?? []).filter((name) => name !== 'src' && !name.startsWith('!'));
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
  const places = placePackages(programs.map((program) => realpathSync(program)));
  for (const [place, source] of places) copyPackage(source, join(folder, place));
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
