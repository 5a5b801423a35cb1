// Programs that a benchmark starts: each has its folder as working directory, by which it is found and
// ended if the benchmark is interrupted (temporary-folder.mjs).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/**
 * @param {string} folder
 * @param {string} command
 * @param {string[]} args
 * @param {{ environment?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} its standard output
 * @throws if it fails, with its standard error
 */
export async function run(folder, command, args, { environment = process.env } = {}) {
  const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  return output(child, [command, ...args].join(' '));
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name
 * @returns {Promise<string>} the child's standard output; the rest as in `run`
 */
export async function output(child, name) {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [status, signal] = await once(child, 'close');
  if (status !== 0) throw new Error(`${name} ended with ${status ?? signal}: ${stdout}${stderr}`);
  return stdout;
}

/**
 * @param {string} command
 * @returns {string | undefined} the first line of `COMMAND --version`; undefined if it is not installed
 */
export function versionOf(command) {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}
