/**
 * Builds mig as it is installed: its programs with all that they load, in one folder without links to the
 * outside.
 *
 *   bin/NAME                  a link to each program, by the name that its package gives it
 *   node_modules/@mig/        our packages that have programs: each a bundle, with what starts it
 *   node_modules/@mig/sender  and what it imports: the parts of which users make policies
 *   node_modules/koffi        foreign functions
 *
 * It is put together from what this checkout has built and installed, so nothing is fetched.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [bin]
 */

/** Names of the programs on PATH. `xl` is the stock toolstack's: docs/xen.md says how mig takes it. */
export const PROGRAMS = /** @type {const} */ (['mig', 'xl-receive', 'xl-save-helper']);

/** Fields of a manifest that Node reads, or that tell a reader which package it is. */
const KEPT = ['name', 'version', 'license', 'type', 'engines', 'main', 'exports', 'bin'];

/** Files of our packages with programs, besides the manifest. */
const PROGRAM_FILES = [
  /^bin\/[^/]+$/,
  /^dist\/[^/]+\.(cjs|mjs)$/,
  /^dist\/(licences\.txt|bundled\.json)$/,
  /^dist\/guests\/[^/]+\.wasm$/,
];
const LIBRARY_FILES = [/^dist\/.*\.(js|d\.ts)$/];
/** Files of koffi, without its sources and its machine code for other systems. */
const KOFFI_FILES = [/^(?!cnoke|vendor|doc).*\.c?js$/, /^LICENSE\.txt$/, /^linux_x64\/koffi\.node$/];

/**
 * @param {string} folder
 * @returns {Manifest}
 */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * @param {string} folder becomes the deployment
 * @param {readonly string[]} [libraries] packages of ours that can be imported, by their folders' names
 * @returns {Manifest[]} the packages that are in it
 */
export function deployMig(folder, libraries = ['sender']) {
  const koffi = realpathSync(join(root, 'packages/posix/node_modules/koffi'));
  const programs = packageFolders().filter((each) => existsSync(join(each, 'bin')));
  const copies = [
    ...programs.map((each) => ({ source: each, files: PROGRAM_FILES })),
    ...withDependencies(libraries.map((name) => join(root, 'packages', name))).map((each) => ({
      source: each,
      files: LIBRARY_FILES,
    })),
    { source: koffi, files: KOFFI_FILES },
    // Node finds what it is given beside it.
    { source: realpathSync(join(koffi, '../@koromix/koffi-linux-x64')), files: KOFFI_FILES },
  ];
  for (const { source, files } of copies) copyPackage(source, files, folder);
  const packages = [...new Set(copies.map(({ source }) => source))].map(manifestOf);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const { name, bin = {} } of packages) {
    for (const [command, path] of Object.entries(bin)) {
      symlinkSync(join('../node_modules', name, path), join(folder, 'bin', command));
    }
  }
  return packages;
}

function packageFolders() {
  return ['apps', 'packages']
    .flatMap((kind) => readdirSync(join(root, kind)).map((name) => join(root, kind, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

/**
 * @param {string[]} folders of packages of ours
 * @returns {string[]} these, and those of our packages that they import
 */
function withDependencies(folders) {
  const found = new Set(folders);
  for (const each of found) {
    for (const name of Object.keys(manifestOf(each).dependencies ?? {})) {
      if (name.startsWith('@mig/')) found.add(join(root, 'packages', name.slice('@mig/'.length)));
    }
  }
  return [...found];
}

/**
 * @param {string} source
 * @param {readonly RegExp[]} files
 * @param {string} deployment
 */
function copyPackage(source, files, deployment) {
  const manifest = manifestOf(source);
  const target = join(deployment, 'node_modules', manifest.name);
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('node_modules/') && files.some((each) => each.test(path)),
  );
  if (found.length === 0) throw new Error(`${source} is not built: pnpm build`);
  for (const path of found) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(source, path), join(target, path));
    // Whoever has cloned it may have kept it to themselves.
    chmodSync(join(target, path), (statSync(join(source, path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  const kept = Object.fromEntries(Object.entries(manifest).filter(([key]) => KEPT.includes(key)));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(kept, undefined, 2)}\n`);
}
