// Checks the packages to be published with the tools made for that: `publint` for every package, `attw` for
// those that are imported.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = join(root, 'tooling/node_modules/.bin');

/** @param {string} folder @param {string} program @param {string[]} args @returns {boolean} */
function clean(folder, program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(join(programs, program), args, {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status === 0) return true;
  console.error(`${program} in ${folder}: ${error?.message ?? `${stdout}${stderr}`}`);
  return false;
}

const judgements = [];
for (const kind of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, kind))) {
    const folder = join(root, kind, name);
    judgements.push(clean(folder, 'publint', 'run', '--strict', '.'));
    if (kind === 'packages') judgements.push(clean(folder, 'attw', '--pack', '.', '--profile', 'esm-only'));
  }
}
console.log(`${judgements.filter(Boolean).length} of ${judgements.length} judged clean`);
process.exitCode = judgements.every(Boolean) ? 0 : 1;
