/**
 * Checks what the READMEs of the packages share: how to install each outside this repository, and examples that are
 * files of examples/, so that what is quoted runs. With MIG_WRITE_DOCS=1 both are rewritten.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  packageManager: string;
};
const packages = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(root + parent)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(`${root}${folder}/package.json`)),
);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const manifests = packages.map(
  (folder) => JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) as Manifest,
);

/** Lists the packages of mig that a package brings with it, itself included. */
function broughtBy(name: string): string[] {
  const needed = Object.keys(manifests.find((manifest) => manifest.name === name)?.dependencies ?? {});
  return [name, ...needed.filter((each) => each.startsWith('@mig/')).flatMap(broughtBy)];
}

/** Lists the packages to install for a README: its own, and those of its examples that no other brings. */
function packagesFor(name: string, text: string): string[] {
  const imported = [...text.matchAll(/from '(@mig\/[\w-]+)/g)].map(([, each]) => each!);
  const wanted = [...new Set([name, ...imported])];
  return wanted.filter(
    (each) => each === name || !wanted.some((other) => other !== each && broughtBy(other).includes(each)),
  );
}

/** Words the way to install a package with all of mig that it needs. */
function install(name: string, text: string): string {
  const pnpm = `npm exec --yes ${packageManager} --`;
  const names = packagesFor(name, text);
  const filters = names.map((each) => `--filter-prod '${each}...'`).join(' ');
  const what = names.length === 1 ? 'it and of what it needs' : 'it and of what it and its examples need';
  return [
    `The package is not published yet. A clone of mig makes tarballs of ${what}:`,
    '',
    '```sh',
    'mkdir -p /tmp/mig',
    `${pnpm} install`,
    `${pnpm} build`,
    `${pnpm} -r ${filters} pack --pack-destination /tmp/mig`,
    '```',
    '',
    'Any other folder installs them with `npm install /tmp/mig/*.tgz`; none of them needs an install script. Node 20.19 or later.',
  ].join('\n');
}

const written = (text: string, name: string) =>
  text
    .replace(/(?<=<!-- install -->\n\n).*?(?=\n\n<!-- \/install -->)/s, () => install(name, text))
    .replace(
      /(<!-- (examples\/[\w-]+\.mjs) -->\n+```js\n).*?(?=```\n)/gs,
      (_, start: string, path: string) => {
        return start + readFileSync(root + path, 'utf8');
      },
    );

test.for([...packages, '.'])('the README of %s has what it quotes', (folder) => {
  const path = `${root}${folder}/README.md`;
  const text = readFileSync(path, 'utf8');
  const name = /^# (\S+)/.exec(text)![1]!;
  if (folder !== '.')
    expect(text).toMatch(/\n## Install\n\n<!-- install -->\n\n[^]+\n\n<!-- \/install -->\n/);
  const expected = written(text, name);
  if (process.env['MIG_WRITE_DOCS'] === '1') writeFileSync(path, expected);
  else expect(text, 'MIG_WRITE_DOCS=1 writes it').toBe(expected);
});

test.for(packages)('what the README of %s says of the repository is there', (folder) => {
  const text = readFileSync(`${root}${folder}/README.md`, 'utf8');
  // A package is read where there is no repository: it has no links into one.
  expect([...text.matchAll(/\]\((?!https?:|#)([^)]*)\)/g)].map(([, target]) => target)).toEqual([]);
  for (const [, path] of text.matchAll(/`(docs\/[\w-]+\.md)`/g)) expect(existsSync(root + path!)).toBe(true);
});

test.for(packages.filter((folder) => folder.startsWith('packages/')))(
  'the README of %s lists what it exports',
  (folder) => {
    const { exports } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const text = readFileSync(`${root}${folder}/README.md`, 'utf8');
    const entries = Object.keys(exports).filter(
      (entry) => !['.', './package.json', './proto/*'].includes(entry),
    );
    for (const entry of entries) expect(text).toMatch(new RegExp(`\`(@mig/[\\w-]+|\\.)${entry.slice(1)}\``));
  },
);
