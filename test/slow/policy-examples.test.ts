/**
 * Tests of the policies in docs/policies.md as they stand there: they compile, decide, and `xl migrate`
 * accepts them.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import * as policy from '@mig/sender/policy';
import { expectMoved, matching } from '../harness/expectations.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}/docs/policies.md`, 'utf8');
const tsc = `${root}/node_modules/typescript/bin/tsc`;
const options = ['--module', 'nodenext', '--target', 'es2023', '--strict'];

function example(language: string): string {
  const [, text] =
    new RegExp(`CI runs this example. -->\n\`\`\`${language}\n([^\`]*(?:\`[^\`]+\`[^\`]*)*)\`\`\``).exec(
      page,
    ) ?? [];
  if (text === undefined) throw new Error(`docs/policies.md has no example in ${language}`);
  return text;
}

/** Makes a folder in which mig's packages are found, as beside an installed mig. */
function workshop(hosts: TwoHosts): string {
  const folder = hosts.path('policies');
  mkdirSync(`${folder}/node_modules/@mig`, { recursive: true });
  for (const name of ['hypervisor', 'sender']) {
    symlinkSync(`${root}/packages/${name}`, `${folder}/node_modules/@mig/${name}`);
  }
  return folder;
}

function compile(folder: string, ...args: string[]): void {
  try {
    execFileSync(process.execPath, [tsc, ...options, ...args], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  }
}

async function load(path: string): Promise<PrecopyPolicy> {
  return ((await import(pathToFileURL(path).href)) as { default: PrecopyPolicy }).default;
}

const known: PrecopyStats = {
  point: 'dirty-count-known',
  iteration: 3,
  dirtyCount: 900,
  dirtyCounts: [1000, 900],
  totalWritten: 10_000,
  elapsedMilliseconds: 5000,
  sendRate: 100,
  dirtyRate: 100,
  suspendCost: 0,
  lineRate: 1000,
  estimatedDowntime: 9000,
  leastDowntime: 9000,
};

/** The words in the first column of the table below this line. */
function tableBelow(line: string): string[] {
  const [, below = ''] = page.split(`\n${line}\n`);
  const [table = ''] = below.split(/\n\n(?!\|)/);
  return [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)/g)].map(([, name]) => name!),
  );
}

test('the figures on the page are those that a policy is given', () => {
  expect(tableBelow('What it is given, `stats`:').sort()).toEqual(Object.keys(known).sort());
});

test('the parts on the page are there to be imported', () => {
  const parts = tableBelow(
    'after `install.mjs`, `ln -s "$(npm root --global)/mig/node_modules" node_modules` with the npm tarball.',
  );
  expect(parts).toHaveLength(10);
  for (const name of parts) expect(policy).toHaveProperty(name, expect.any(Function));
});

test('the one in JavaScript waits for a lull', async ({ hosts }) => {
  const folder = workshop(hosts);
  const path = `${folder}/lull.mjs`;
  writeFileSync(path, example('js'));
  compile(folder, '--noEmit', '--allowJs', '--checkJs', 'lull.mjs');
  const lull = await load(path);
  expect(lull(known)).toEqual({ decision: 'continue-precopy' });
  expect(lull({ ...known, dirtyCount: undefined })).toEqual({ decision: 'continue-precopy' });
  expect(lull({ ...known, dirtyCount: 90, dirtyCounts: [1000, 90] })).toMatchObject({
    reason: { code: 'lull' },
  });
  expect(lull({ ...known, elapsedMilliseconds: 700_000 })).toMatchObject({
    decision: 'abort',
    reason: { code: 'no-lull' },
  });

  const cmdline = 'pages=200 rate=20000 pattern=sequential busy=300 quiet=1200';
  const before = await hosts.source.create({ memory: 8, cmdline });
  const migration = hosts.migrate({ options: ['--policy', path, '--bandwidth', '40Mbit/s'] });
  expect(await migration.ended).toMatchObject({ status: 0 });
  expect(migration.events().at(-1)).toMatchObject({
    reason: 'lull',
    explanation: matching(/^a lull: \d+ pages dirty, where it was \d+$/),
  });
  await expectMoved(hosts, before);
});

test('the one in TypeScript is made of parts', async ({ hosts }) => {
  const folder = workshop(hosts);
  writeFileSync(`${folder}/budget.mts`, example('ts'));
  compile(folder, 'budget.mts');
  const path = `${folder}/budget.mjs`;
  const budget = await load(path);
  expect(budget(known)).toEqual({ decision: 'continue-precopy' });
  expect(budget({ ...known, totalWritten: 5_000_000 })).toMatchObject({
    decision: 'abort',
    reason: {
      code: 'busy',
      sentence: matching(/^the domain is busy \(budget\): 20\.48 GB sent, 20 GB allowed/),
    },
  });
  expect(budget({ ...known, iteration: 50 })).toMatchObject({ decision: 'abort' });

  const before = await hosts.source.create();
  const migration = hosts.migrate({ options: ['--policy', path] });
  expect(await migration.ended).toMatchObject({ status: 0 });
  expect(migration.events().at(-1)).toMatchObject({ reason: 'max-downtime' });
  await expectMoved(hosts, before);
});
