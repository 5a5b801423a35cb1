// Builds what the tests of these paths need, and runs them with vitest: without arguments all but the slow
// ones. `pnpm test packages/sender` builds @mig/sender and what it imports; a path elsewhere, or a part of a
// name, builds everything.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const paths = args.filter((arg) => !arg.startsWith('-'));
const folders = paths.map((path) => /^(?:\.\/)?((?:packages|apps)\/[\w-]+)(?:\/|$)/.exec(path)?.[1]);
const filters = folders.includes(undefined) ? [] : folders.map((folder) => `--filter=./${folder}`);

run('turbo', 'run', 'build', ...filters, '--output-logs=errors-only');
run('vitest', 'run', ...(args.length === 0 ? ['--project=quick'] : args));

/**
 * Runs a program of the root's dependencies; ends with its status unless that is 0.
 * @param {string} program
 * @param {string[]} args
 */
function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${program} could not be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
