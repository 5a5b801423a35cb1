/** The folder in which a run's logs are kept. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const results = fileURLToPath(new URL('results', import.meta.url));

/**
 * Removes earlier logs.
 * @param {string} prefix of the runs whose logs could be taken for those of the next
 */
export function clearResults(prefix) {
  if (!existsSync(results)) return;
  for (const run of readdirSync(results)) {
    if (run.startsWith(prefix)) rmSync(join(results, run), { recursive: true, force: true });
  }
}

/**
 * Copies what a machine left in its share.
 * @param {string} share
 * @param {string} run its folder's name
 * @returns {string} the folder
 */
export function bringBack(share, run) {
  const folder = join(results, run);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['console.log', 'run.log', 'out']) {
    if (existsSync(join(share, name))) cpSync(join(share, name), join(folder, name), { recursive: true });
  }
  return folder;
}

/**
 * The last lines of a case's log, and of each of its guests' consoles.
 * @param {string} folder a run's
 * @param {string} name the case's
 */
export function lastWords(folder, name) {
  const out = join(folder, 'out', name);
  const consoles = join(out, 'console');
  const logs = [join(out, 'log.txt')];
  if (existsSync(consoles)) logs.push(...readdirSync(consoles).map((file) => join(consoles, file)));
  return logs
    .filter((path) => existsSync(path))
    .map((path) => {
      const lines = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/).slice(-8);
      return [relative(folder, path), ...lines.map((line) => `  | ${line}`)].join('\n');
    })
    .join('\n');
}
