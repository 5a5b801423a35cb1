// Hosts of the embedded hypervisor, and the programs that run there.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, folder: string }} Host */

/** @param {string} app */
export const program = (app) => fileURLToPath(new URL(`../../apps/${app}/bin/${app}.js`, import.meta.url));

/** @param {Host} host */
export const environment = (host) => ({ ...process.env, MIG_HOST_DIR: host.folder });

/**
 * The command that receives a domain at a host: with an empty ssh command it stands in a host's place.
 * @param {Host} host
 */
export const receiver = (host) =>
  `MIG_HOST_DIR=${host.folder} exec ${process.execPath} ${program('xl-receive')}`;

/**
 * Writes a script for the shell.
 * @param {string} path
 * @param {string} text
 */
export function writeScript(path, text) {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

/**
 * Makes a folder for PATH, in which the program is called `xl`.
 * @param {string} folder where it is made
 */
export function makePath(folder) {
  const path = join(folder, 'bin');
  mkdirSync(path);
  writeScript(join(path, 'xl'), `exec '${process.execPath}' '${program('xl')}' "$@"`);
  return path;
}

/**
 * Writes a domain's configuration.
 * @param {string} folder
 * @param {{ name: string } & Record<string, string | number>} fields
 * @returns its path
 */
export function writeConfiguration(folder, fields) {
  const path = join(folder, `${fields.name}.cfg`);
  const lines = Object.entries(fields).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(path, lines.join(''));
  return path;
}
