// Runs the library example of the README as it stands there, on a recorded image and on a recorded migration, the way
// another project would.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const recordings = ['pvh-save.bin', 'pvh-live.bin'];
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [, example] = /CI runs this example. -->\n```js\n([^`]*)```/.exec(readme) ?? [];
if (example === undefined) throw new Error('the README has no example');

const folder = mkdtempSync(join(tmpdir(), 'mig-readme-'));
try {
  symlinkSync(join(root, 'tooling/node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'example.mjs'), example);
  for (const recording of recordings) {
    const file = join(root, 'packages/protocol/fixtures', recording);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs', file], {
      cwd: folder,
      encoding: 'utf8',
    });
    process.stderr.write(stderr);
    const lines = stdout.trimEnd().split('\n');
    console.log([recording, ...lines.slice(-3)].join('\n'));
    const whole =
      /^libxc PAGE_DATA/m.test(stdout) && /^libxc HVM_PARAMS/m.test(stdout) && /libxl END/.test(stdout);
    if (status !== 0 || !whole) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
