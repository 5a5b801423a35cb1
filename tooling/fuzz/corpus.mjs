// The corpus: a folder for each case, with a file for each input. Inputs that stand for a finding have a
// name in words; those that reach new branches are named by jazzer.js, by digest.
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

/**
 * The case of a file, by its folder.
 * @param {string} path
 */
export function caseOf(path) {
  return basename(dirname(path));
}

/**
 * Paths of a case's inputs.
 * @param {string} name
 */
export function inputsOf(name) {
  const folder = join(root, name);
  return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
}

/**
 * Keeps an input.
 * @param {string} name of a case
 * @param {string} file
 * @param {Uint8Array} octets
 * @returns its relative path, and whether it was there before
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
 * Replaces the inputs that are kept for their branches by the files of a folder.
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
