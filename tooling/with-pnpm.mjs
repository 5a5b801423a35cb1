// Runs a script of the root package.json with the pnpm that `packageManager` names, dependencies installed:
// a fresh machine needs only Node and npm.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packageManager, engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`mig needs Node ${engines.node}; this is ${process.versions.node}.`);
  process.exit(1);
}

/** @param {string[]} args */
function pnpm(...args) {
  const command = ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...args];
  const { status, error } = spawnSync('npm', command, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`npm could not be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

pnpm('install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn');
pnpm('--silent', 'run', ...process.argv.slice(2));
