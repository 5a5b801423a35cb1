/** Tests of what is published. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(root + parent).map((name) => `${parent}/${name}`),
);

interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly engines: unknown;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
}

function packed(folder: string): string[] {
  const { stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root + folder,
    encoding: 'utf8',
  });
  try {
    const [tarball] = JSON.parse(stdout) as { files: { path: string }[] }[];
    return tarball!.files.map(({ path }) => path);
  } catch {
    throw new Error(`npm pack: ${stdout}${stderr}`);
  }
}

test.for(folders)('%s says what it is, and holds what it needs and nothing else', (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`)) as Manifest;
  const whole = JSON.parse(read('package.json')) as Manifest;
  expect(manifest).toMatchObject({ license: whole.license, engines: whole.engines });
  expect(manifest.description).not.toBe('');
  expect(read(`${folder}/README.md`)).toMatch(new RegExp(`^# ${manifest.name}\n`));
  expect(read(`${folder}/LICENSE`)).toBe(read('LICENSE'));

  const files = packed(folder);
  const schema = {
    'packages/hypervisor-wasm': 'proto/control.proto',
    'packages/operator': 'proto/operator.proto',
  }[folder];
  const schemas = schema === undefined ? [] : [schema];
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json', ...schemas]));
  const entries = Object.values(manifest.exports ?? {}).flatMap((each) =>
    typeof each === 'string' ? [each] : [each.types, each.default],
  );
  expect(manifest.exports).toHaveProperty(['./package.json']);
  expect(manifest.keywords.length).toBeGreaterThan(2);
  for (const path of [...entries, ...Object.values(manifest.bin ?? {})]) {
    if (path.endsWith('/*')) continue;
    expect(files).toContain(path.replace(/^\.\//, ''));
  }
  const known =
    /^(README\.md|LICENSE|package\.json|bin\/([\w-]+\.c?js|package\.json)|proto\/\w+\.proto|schema\/[\w-]+\.schema\.json|src\/[\w/.-]+\.ts|dist\/(licences\.txt|bundled\.json|.*\.([cm]?js|d\.ts|wasm|map)))$/;
  expect(files.filter((path) => !known.test(path) || /\.test(-support)?\./.test(path))).toEqual([]);
  // A program is read in the repository.
  const maps = files.filter((path) => path.endsWith('.map'));
  expect(maps.length > 0).toBe(folder.startsWith('packages/'));
  for (const map of maps) {
    const { sources } = JSON.parse(read(`${folder}/${map}`)) as { sources: string[] };
    expect(files).toEqual(expect.arrayContaining(sources.map((source) => join(dirname(map), source))));
  }
});
