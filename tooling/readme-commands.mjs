// Runs the commands of the README's sections "By hand" and "Tuning" as they stand there, in one shell that stops at
// the first failure.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const commands = ['By hand', 'Tuning'].map(commandsOf).join('\n');

/** @param {string} title */
function commandsOf(title) {
  const [, section = ''] = new RegExp(`^## ${title}\\n(.*?)^## `, 'ms').exec(readme) ?? [];
  const text = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
  if (!text.includes('xl migrate')) throw new Error(`the README has no commands under "${title}"`);
  return text;
}

const { status } = spawnSync('bash', ['-euxc', commands], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
