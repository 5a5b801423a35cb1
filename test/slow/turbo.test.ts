/** Tests of turbo's hashes: what a change rebuilds, and that it rebuilds nothing below. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let clone = '';
let before: ReadonlyMap<string, string>;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'mig-turbo-'));
  const { stdout } = spawnSync('git', ['ls-files', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  const files = stdout.split('\0').filter((path) => /^(?:packages|apps|tooling|test)\/|^[^/]+$/.test(path));
  for (const path of files) {
    if (existsSync(join(root, path)) && !path.startsWith('test/xen-lab/'))
      cpSync(join(root, path), join(clone, path));
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  spawnSync('git', ['init', '--quiet'], { cwd: clone });
  spawnSync('git', ['add', '--all'], { cwd: clone });
  before = builds();
});
afterAll(() => rmSync(clone, { recursive: true }));

/** The hash of each package's build. */
function builds(): Map<string, string> {
  const turbo = join(root, 'node_modules/.bin/turbo');
  const { stdout, stderr } = spawnSync(turbo, ['run', 'build', '--dry=json'], {
    cwd: clone,
    encoding: 'utf8',
  });
  if (!stdout.startsWith('{')) throw new Error(`turbo: ${stdout}${stderr}`);
  const { tasks } = JSON.parse(stdout) as { tasks: { package: string; hash: string; command: string }[] };
  return new Map(
    tasks.filter(({ command }) => command !== '<NONEXISTENT>').map((task) => [task.package, task.hash]),
  );
}

/** The packages that are rebuilt once `text` is appended to a file. */
function builtAgain(path: string, text: string): string[] {
  const was = readFileSync(join(clone, path), 'utf8');
  writeFileSync(join(clone, path), was + text);
  try {
    return [...builds()].filter(([name, hash]) => before.get(name) !== hash).map(([name]) => name);
  } finally {
    writeFileSync(join(clone, path), was);
  }
}

test('the base tsconfig builds all again', () => {
  expect(builtAgain('tsconfig.base.json', '// changed\n')).toEqual([...before.keys()]);
  expect(before.size).toBeGreaterThan(8);
});

test('a test builds nothing again', () => {
  expect(builtAgain('packages/sender/src/pacer.test.ts', '// changed\n')).toEqual([]);
});

test('an app builds itself again', () => {
  expect(builtAgain('apps/xl/src/program.ts', '// changed\n')).toEqual(['@mig/xl']);
});

test('a package builds again with what imports it', () => {
  const again = builtAgain('packages/sender/src/index.ts', '// changed\n');
  expect(again).toContain('@mig/xl');
  expect(again).not.toContain('@mig/protocol');
  expect(again).not.toContain('@mig/receiver');
});
