/**
 * Builds `mig_VERSION_amd64.deb` in dist/, for Debian 13: the programs, started by Debian's Node; the manual, the
 * completions, a conffile, a software bill of materials and the documents. Options: --version, --out FOLDER.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { deployMig, manifestOf, PROGRAMS } from '../deployment.mjs';
import { manualPages } from '../manual/files.mjs';
import { writeManual } from '../manual/write.mjs';
import { xlScript } from '../xl-script.mjs';
import { billOfMaterials } from './sbom.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');

const HOME = '/usr/lib/mig';
/** The path of the snapshot of the Node that is installed, in the words of a shell: another file is another Node. */
const SNAPSHOT =
  '/run/mig/node-$(/usr/bin/stat -L --printf=%d-%i-%Z-%s- /usr/bin/node /usr/lib/x86_64-linux-gnu/libnode.so.* 2>/dev/null).blob';

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: manifestOf(join(root, 'apps/xl')).version },
    out: { type: 'string', default: join(root, 'dist') },
  },
});

// Whose umask it is makes no difference to what is installed.
process.umask(0o022);
const stage = mkdtempSync(join(tmpdir(), 'mig-deb-'));
try {
  console.log(await buildPackage(values.version, values.out));
} finally {
  rmSync(stage, { recursive: true });
}

/**
 * @param {string} version
 * @param {string} out
 * @returns {Promise<string>} the package's path
 */
async function buildPackage(version, out) {
  chmodSync(stage, 0o755);
  const packages = deployMig(join(stage, HOME));
  placePrograms();
  placeManual();
  const purl = `pkg:deb/mig@${version}?arch=amd64`;
  placeDocuments(version, await billOfMaterials({ version, purl, packages, folder: join(stage, HOME) }));
  place('/etc/default/mig', readFileSync(join(here, 'debian/default')));
  for (const unit of ['mig-snapshot.service', 'mig-evacuate-worker.service']) {
    place(`/usr/lib/systemd/system/${unit}`, readFileSync(join(here, 'debian', unit)));
  }
  placeControl(version);
  mkdirSync(out, { recursive: true });
  const file = join(out, `mig_${version}_amd64.deb`);
  // An interrupted build leaves no package.
  const growing = `${file}.growing`;
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, growing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // No file is younger.
    env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDate()) },
  });
  renameSync(growing, file);
  return file;
}

/**
 * @param {string} path in the file system of the machine that installs
 * @param {string | Uint8Array} content
 */
function place(path, content, mode = 0o644) {
  const file = join(stage, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** Gives each program a script that starts it. */
function placePrograms() {
  /** @param {string} name */
  const script = (name) => readFileSync(join(here, name), 'utf8').replaceAll('@SNAPSHOT@', () => SNAPSHOT);
  const start = script('start.sh');
  /** @param {string} program */
  const startOf = (program) => start.replaceAll('@PROGRAM@', program);
  // By the link: a program goes by the name that it is called by.
  for (const name of PROGRAMS) place(`/usr/bin/${name}`, startOf(`${HOME}/bin/${name} `), 0o755);
  place(`${HOME}/xl`, xlScript({ node: `${HOME}/node`, ours: `${HOME}/bin/xl` }), 0o755);
  place(`${HOME}/node`, startOf(''), 0o755);
  place(`${HOME}/make-snapshot`, script('make-snapshot.sh'), 0o755);
  place(`${HOME}/snapshot.cjs`, readFileSync(join(here, 'snapshot.cjs')));
  // libxl starts the helper by its path: with the snapshot as well.
  const helper = join(HOME, 'node_modules/@mig/xl-save-helper');
  symlinkSync(
    relative(join(helper, 'bin'), '/usr/bin/xl-save-helper'),
    join(stage, helper, 'bin/xl-save-helper'),
  );
  const manifest = JSON.parse(readFileSync(join(stage, helper, 'package.json'), 'utf8'));
  manifest.exports['./bin'] = './bin/xl-save-helper';
  place(`${helper}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
  // Nobody starts them by their first line.
  for (const file of readdirSync(join(stage, HOME), { recursive: true, encoding: 'utf8' })) {
    if (!/\/bin\/[^/]+\.c?js$/.test(file)) continue;
    const path = join(stage, HOME, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^#!.*\n/, ''));
    chmodSync(path, 0o644);
  }
}

function placeManual() {
  const manual = join(stage, 'manual');
  writeManual(manual);
  for (const page of manualPages) {
    place(`/usr/share/${page}.gz`, compressed(readFileSync(join(manual, page))));
  }
  symlinkSync('mig.1.gz', join(stage, 'usr/share/man/man1/xl-receive.1.gz'));
  place(
    '/usr/share/bash-completion/completions/mig',
    readFileSync(join(manual, 'bash-completion/completions/mig')),
  );
  place('/usr/share/zsh/vendor-completions/_mig', readFileSync(join(manual, 'zsh/site-functions/_mig')));
  rmSync(manual, { recursive: true });
}

/**
 * @param {string} version
 * @param {string} sbom
 */
function placeDocuments(version, sbom) {
  const documents = '/usr/share/doc/mig';
  place(`${documents}/mig.cdx.json`, sbom);
  place(`${documents}/README.md.gz`, compressed(readFileSync(join(root, 'README.md'))));
  for (const name of readdirSync(join(root, 'docs'))) {
    if (name.endsWith('.md'))
      place(`${documents}/docs/${name}.gz`, compressed(readFileSync(join(root, 'docs', name))));
  }
  place(`${documents}/copyright`, copyright());
  // The form that Debian's tools read; what has changed is in CHANGELOG.md.
  const log = `mig (${version}) trixie; urgency=medium

  * See CHANGELOG.md.

 -- the mig authors <mig@mig.invalid>  ${new Date(sourceDate() * 1000).toUTCString().replace('GMT', '+0000')}
`;
  place(`${documents}/changelog.gz`, compressed(Buffer.from(log)));
  place(`${documents}/CHANGELOG.md.gz`, compressed(readFileSync(join(root, 'CHANGELOG.md'))));
}

/** Seconds since 1970: of the last commit, so that a version is built alike by everybody. */
function sourceDate() {
  const given = process.env['SOURCE_DATE_EPOCH'];
  return Number(given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
}

/** Moves the licences of all that is in the bundles from their places into one text, with mig's own. */
function copyright() {
  const files = readdirSync(join(stage, HOME), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/(licences|LICENSE)\.txt$/.test(file))
    .sort();
  const texts = [readFileSync(join(root, 'LICENSE'), 'utf8')];
  for (const file of files) {
    const path = join(stage, HOME, file);
    const place = dirname(file).replace(/\/dist$/, '');
    texts.push(`Files of ${HOME}/${place}:\n\n${readFileSync(path, 'utf8')}`);
    rmSync(path);
  }
  // Debian has the text.
  const apache = /^ *Apache License\n *Version 2\.0,[^]*?END OF TERMS AND CONDITIONS$/gm;
  return texts.join(`\n${'='.repeat(80)}\n\n`).replace(apache, 'See /usr/share/common-licenses/Apache-2.0.');
}

/** @param {string} version */
function placeControl(version) {
  const files = readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(stage, join(file.parentPath, file.name)))
    .map((path) => ({ path, content: readFileSync(join(stage, path)) }));
  const size = Math.ceil(files.reduce((sum, { content }) => sum + content.length, 0) / 1024);
  const sums = files.map(
    ({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`,
  );
  const control = `Package: mig
Version: ${version}
Architecture: amd64
Maintainer: the mig authors <mig@mig.invalid>
Installed-Size: ${size}
Depends: nodejs (>= 20.19), libc6 (>= 2.34), libgcc-s1, libstdc++6
Recommends: openssh-client
Suggests: xen-utils-common
Section: admin
Priority: optional
Description: tunable live migration for Xen domains
 mig moves running domains of a Xen host within limits that its administrator
 sets, also while they move: downtime, time, bandwidth. It can empty a host.
 Either end may be the stock toolstack's. Its save helper does the same under
 stock xl and libvirt.
`;
  place('/DEBIAN/control', control);
  place('/DEBIAN/md5sums', sums.join(''));
  place('/DEBIAN/conffiles', '/etc/default/mig\n');
  place('/DEBIAN/triggers', readFileSync(join(here, 'debian/triggers')));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    place(`/DEBIAN/${script}`, readFileSync(join(here, 'debian', script)), 0o755);
  }
}

/** @param {Uint8Array} content */
function compressed(content) {
  return gzipSync(content, { level: 9 });
}
