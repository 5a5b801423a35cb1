/** The ports, a sender and a receiver load no foreign function, and work without: the examples of their READMEs show it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const REFUSED = 'koffi was asked for by ';

/** Runs a module as another project would that has mig's packages, and no koffi. */
function run(module: string) {
  const args = ['--import', './harness/without-koffi.mjs', '--input-type=module', '--eval', module];
  return spawnSync(process.execPath, args, { cwd: here, encoding: 'utf8' });
}

/** An addon that was loaded all the same would be among the process's libraries. */
const SHOW = `
  const { sharedObjects } = process.report.getReport();
  console.log(sharedObjects.filter((path) => path.endsWith('.node')).length);
`;

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** All that a package exports, but for the cases: they are run on hypervisors, some of which write to descriptors alone. */
function entriesOf(name: string): string[] {
  const manifest = readFileSync(`${here}../packages/${name}/package.json`, 'utf8');
  const { exports } = JSON.parse(manifest) as Manifest;
  return Object.entries(exports)
    .filter(([entry, target]) => typeof target !== 'string' && entry !== './cases')
    .map(([entry]) => `@mig/${name}${entry.slice(1)}`);
}

describe('is loaded without foreign functions', () => {
  test.each([
    ...['channel', 'hypervisor', 'sender', 'receiver'].map(
      (name) => [`@mig/${name}`, entriesOf(name)] as const,
    ),
    ['what @mig/posix has of names and places', ['@mig/posix/errors', '@mig/posix/places']] as const,
  ])('%s', (_, entries) => {
    const imports = entries.map((entry) => `await import('${entry}');`);
    const { stdout, stderr, status } = run([...imports, SHOW].join('\n'));
    expect(stderr).toBe('');
    expect([stdout, status]).toEqual(['0\n', 0]);
  });

  test('unlike what calls them', () => {
    const { stderr, status } = run(`await import('@mig/posix')`);
    expect(stderr).toContain(REFUSED);
    expect(status).toBe(1);
  });
});

describe('the example of the README', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mig-example-'));
    symlinkSync(`${here}node_modules`, join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the first module that stands after the words that it is run; those that follow may be beside it, by their names. */
  function runExample(name: string): { stdout: string; stderr: string } {
    const readme = readFileSync(`${here}../packages/${name}/README.md`, 'utf8');
    const example = readme.split('<!-- A test runs this example. -->\n')[1]!.split('\n## ')[0]!;
    const modules = example
      .split('```js\n')
      .slice(1)
      .map((rest) => rest.split('```\n')[0]!);
    const names = modules.map((module, at) => /^\/\/ ([\w-]+\.mjs)\n/.exec(module)?.[1] ?? `${at}.mjs`);
    for (const [at, module] of modules.entries()) writeFileSync(join(folder, names[at]!), module);
    const args = ['--import', `${here}harness/without-koffi.mjs`, join(folder, names[0]!)];
    return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  }

  test('of @mig/sender saves into a buffer', () => {
    const { stdout, stderr } = runExample('sender');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^precopy 256\nstop-and-copy 0\n\d+ bytes\n$/);
    expect(Number(/(\d+) bytes/.exec(stdout)![1])).toBeGreaterThan(256 * 4096);
  });

  test('of @mig/receiver restores from one what was saved', () => {
    const { stdout, stderr } = runExample('receiver');
    expect(stderr).toBe('');
    expect(stdout).toBe('256 pages, X86_TSC_INFO\n');
  });

  test("of @mig/errors tells mig's errors from others", () => {
    const { stdout, stderr } = runExample('errors');
    expect(stderr).toBe('');
    expect(stdout).toBe('StreamError truncated\n');
  });

  test('of @mig/channel moves octets through a stream of another thread', () => {
    const { stdout, stderr } = runExample('channel');
    expect(stderr).toBe('');
    expect(stdout).toBe('3 bytes have come\n');
  });
});
