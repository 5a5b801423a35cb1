// Runs the commands of the README's section "By hand" as they stand there, in one shell that stops at the first
// failure.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const [, section] = /^## By hand\n(.*?)^## /ms.exec(readme) ?? [];
const commands = [...(section ?? '').matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
if (!commands.includes('xl migrate')) throw new Error('the README has no commands');

const { status } = spawnSync('bash', ['-euxc', commands], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
