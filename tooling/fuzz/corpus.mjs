// What is kept: a folder for each case, with a file for each input. Those that stand for a finding have a name in words,
// those that reach what others do not are named by jazzer.js, for their digests.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('./corpus/', import.meta.url));

/** @param {string} name of a case */
export function folderOf(name) {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @param {string} path */
export function readInput(path) {
  return new Uint8Array(readFileSync(path));
}

/** The case that a file is of, by the folder it is in. @param {string} path */
export function caseOf(path) {
  return basename(dirname(path));
}

/** Paths of what is kept for a case. @param {string} name */
export function inputsOf(name) {
  const folder = join(root, name);
  return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
}

/**
 * Keeps an input.
 * @param {string} name of a case
 * @param {string} file
 * @param {Uint8Array} octets
 * @returns its path from here, and whether it was there before
 */
export function keepInput(name, file, octets) {
  const path = join(folderOf(name), file);
  const known = existsSync(path);
  writeFileSync(path, octets);
  return { path: relative(process.cwd(), path), known };
}

/** @param {string} path */
const isDigest = (path) => /^[0-9a-f]{40}$/.test(basename(path));

/**
 * Puts the files of a folder in the place of those that are kept for what they reach.
 * @param {string} name of a case
 * @param {string} folder
 */
export function replaceReaching(name, folder) {
  for (const path of inputsOf(name).filter(isDigest)) rmSync(path);
  for (const file of readdirSync(folder)) {
    const octets = readInput(join(folder, file));
    const isFinding = inputsOf(name).some((path) => Buffer.compare(readInput(path), octets) === 0);
    if (!isFinding) keepInput(name, file, octets);
  }
}
