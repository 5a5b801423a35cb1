/**
 * Builds `mig-VERSION.tgz` in dist/, for `npm install --global` where there is no package of the distribution: the
 * programs and the manual, with all that they load, so that nothing is fetched. Option: --out FOLDER.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deployMig, manifestOf, PROGRAMS } from '../deployment.mjs';
import { manualPages } from '../manual/files.mjs';
import { writeManual } from '../manual/write.mjs';
import { billOfMaterials } from './sbom.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version, license } = manifestOf(join(root, 'apps/xl'));
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });

const stage = mkdtempSync(join(tmpdir(), 'mig-npm-'));
try {
  // npm wants its content below one folder.
  const folder = join(stage, 'package');
  const packages = deployMig(folder);
  const programs = PROGRAMS.map((name) => {
    const path = readlinkSync(join(folder, 'bin', name));
    return [name, path.replace(/^\.\.\//, '')];
  });
  rmSync(join(folder, 'bin'), { recursive: true });
  const names = packages.map(({ name }) => name);
  const manifest = {
    name: 'mig',
    version,
    license,
    description: 'Tunable live migration for Xen domains',
    // koffi is there for these alone.
    os: ['linux'],
    cpu: ['x64'],
    libc: ['glibc'],
    engines: { node: '>=20.19' },
    bin: Object.fromEntries(programs),
    man: manualPages.map((page) => `share/${page}`),
    dependencies: Object.fromEntries(packages.map((each) => [each.name, each.version])),
    bundleDependencies: names,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md'])
    copyFileSync(join(root, name), join(folder, name));
  writeManual(join(folder, 'share'));
  const purl = `pkg:npm/mig@${version}`;
  writeFileSync(join(folder, 'mig.cdx.json'), await billOfMaterials({ version, purl, packages, folder }));
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, `mig-${version}.tgz`);
  execFileSync('tar', [
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '-czf',
    `${file}.growing`,
    '-C',
    stage,
    'package',
  ]);
  renameSync(`${file}.growing`, file);
  console.log(file);
} finally {
  rmSync(stage, { recursive: true });
}
