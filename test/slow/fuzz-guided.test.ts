/** Tests of coverage-guided fuzzing as it is run: docs/fuzzing.md. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withOlderNames } from '../../tooling/fuzz/older-glibc.mjs';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../tooling/fuzz/main.mjs', import.meta.url));

it('sees what the modules under test do', async () => {
  const parameters = [program, '--guided', '--only', 'noted', '--runs', '400', '--seed', '1'];
  const { stdout } = await run(process.execPath, parameters);
  const line = /noted: (\d+) runs in [\d.]+ s, (\d+) edges, \d+ inputs that reached more/.exec(stdout);
  const [runs, edges] = line!.slice(1).map(Number);
  expect(runs).toBe(400);
  expect(edges).toBeGreaterThan(50);
  expect(stdout).toMatch(/^guided from seed 1 in [\d.]+ s: 0 findings$/m);
});

// older-glibc.mjs is made for this platform; a newer glibc has the older names, too.
it.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'loads the native part of jazzer.js with the names that an older glibc has',
  async () => {
    const core = createRequire(program).resolve('@jazzer.js/core');
    const library = createRequire(core).resolve('@jazzer.js/fuzzer');
    const built = readFileSync(join(dirname(library), '../prebuilds/fuzzer-linux-x64.node'));
    const copy = withOlderNames(built);
    expect(built.includes('__isoc23_strtoul\0')).toBe(true);
    expect(copy.length).toBe(built.length);
    expect(copy.equals(built)).toBe(false);
    const folder = mkdtempSync(join(tmpdir(), 'mig-test-'));
    try {
      const file = join(folder, 'copy.node');
      writeFileSync(file, copy);
      const script = `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(file)}); console.log(Object.keys(m.exports).length > 3)`;
      expect((await run(process.execPath, ['-e', script])).stdout).toBe('true\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
