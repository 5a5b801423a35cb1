/**
 * The lab's image of a version of Xen: Xen, dom0's kernel and initramfs, and dom0's root, all from Debian's packages but
 * for dom0's init, the guest's workload, and, where Debian's Node is too old, the Node that builds it. It is made once and
 * then found in a cache; its name there is a digest of all that determines it.
 *
 *   $MIG_XEN_LAB_CACHE, or mig-xen-lab in the user's cache
 *     rootfs-DIGEST/    dom0's files; kept, for a change in the lab's own is then a matter of seconds
 *     image-DIGEST/     xen  vmlinuz  initrd.img  root.img
 *
 * usage: node test/xen-lab/image.mjs [XEN]     makes it unless it is there, and prints its folder
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { run } from './command.mjs';
import { guestSources, makeGuestInitramfs } from './guest.mjs';
import { needPrograms } from './host.mjs';
import { alone } from './lock.mjs';
import { releaseWith, toBuild, usualXen } from './packages.mjs';
import { makeRootfs, rootfsRecipe } from './rootfs.mjs';

/** @import { Release } from './packages.mjs' */

/** Version of this file: raise it when the same inputs give another image. */
const version = 1;

/** Size in MB, with room for the images that a case saves; the file is sparse. */
const rootMegabytes = 4000;

/** Most folders kept of each kind, of all versions: another checkout may have another state of the lab. */
const kept = 4;

const dom0Init = fileURLToPath(new URL('dom0/init', import.meta.url));

function cacheFolder() {
  const { MIG_XEN_LAB_CACHE, XDG_CACHE_HOME } = process.env;
  return MIG_XEN_LAB_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'mig-xen-lab');
}

/** @param {object} value */
function digest(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}

/** @param {Release} release */
function imageDigest(release) {
  const sources = [dom0Init, ...guestSources].map((path) => readFileSync(path, 'utf8'));
  const node = release.hasNode ? undefined : [process.version, process.execPath];
  return digest({ version, rootMegabytes, rootfsRecipe: rootfsRecipe(release), sources, node });
}

/**
 * The only file in /boot that matches, from Debian's packages.
 * @param {string} rootfs
 * @param {RegExp} pattern
 */
function inBoot(rootfs, pattern) {
  const [name] = readdirSync(join(rootfs, 'boot')).filter((name) => pattern.test(name));
  if (name === undefined) throw new Error(`${rootfs}/boot holds nothing like ${pattern}`);
  return join(rootfs, 'boot', name);
}

/** @param {string} rootfs @param {string} suite */
function addNode(rootfs, suite) {
  copyFileSync(process.execPath, join(rootfs, 'usr/bin/node'));
  chmodSync(join(rootfs, 'usr/bin/node'), 0o755);
  try {
    run('chroot', [rootfs, '/usr/bin/node', '--eval', '0']);
  } catch (error) {
    throw new Error(`${process.execPath} does not run on Debian's ${suite}`, { cause: error });
  }
}

/** @param {string} rootfs @param {string} folder @param {Release} release */
function makeImage(rootfs, folder, release) {
  const growing = `${folder}.growing`;
  rmSync(growing, { recursive: true, force: true });
  mkdirSync(growing);
  // QEMU loads only the bare ELF.
  writeFileSync(join(growing, 'xen'), gunzipSync(readFileSync(inBoot(rootfs, /^xen-[0-9.]+-amd64\.gz$/))));
  copyFileSync(inBoot(rootfs, /^vmlinuz-/), join(growing, 'vmlinuz'));
  copyFileSync(inBoot(rootfs, /^initrd\.img-/), join(growing, 'initrd.img'));

  mkdirSync(join(rootfs, 'lab'), { recursive: true });
  copyFileSync(join(growing, 'vmlinuz'), join(rootfs, 'lab/vmlinuz'));
  copyFileSync(dom0Init, join(rootfs, 'lab/init'));
  chmodSync(join(rootfs, 'lab/init'), 0o755);
  makeGuestInitramfs(join(rootfs, 'bin/busybox'), join(rootfs, 'lab/guest-initrd.gz'));
  if (!release.hasNode) addNode(rootfs, release.suite);
  const root = join(growing, 'root.img');
  run('mke2fs', ['-q', '-t', 'ext4', '-d', rootfs, '-F', root, `${rootMegabytes}M`], { seconds: 300 });
  renameSync(growing, folder);
}

/**
 * Removes the folders not used for the longest time.
 * @param {string} cache
 * @param {string} kind
 * @param {string} current the path of the one that is used
 */
function prune(cache, kind, current) {
  const found = readdirSync(cache)
    .filter((name) => new RegExp(`^${kind}-[0-9a-f]{12}$`).test(name) && join(cache, name) !== current)
    .map((name) => ({ path: join(cache, name), used: statSync(join(cache, name)).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  for (const { path } of found.slice(kept - 1)) rmSync(path, { recursive: true, force: true });
}

function stepper() {
  let began = performance.now();
  return (/** @type {string} */ what) => {
    console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    began = performance.now();
  };
}

/**
 * @param {string} xen which of the lab's versions
 * @returns {Promise<string>} the image's folder
 */
export async function ensureImage(xen) {
  const release = releaseWith(xen);
  const cache = cacheFolder();
  const image = join(cache, `image-${imageDigest(release)}`);
  mkdirSync(cache, { recursive: true });
  await alone(join(cache, 'lock'), () => {
    if (!existsSync(image)) {
      if (process.getuid?.() !== 0) throw new Error(`${image} is not there yet; only root can make it`);
      needPrograms(toBuild);
      const rootfs = join(cache, `rootfs-${digest({ version, rootfsRecipe: rootfsRecipe(release) })}`);
      const made = stepper();
      if (!existsSync(rootfs)) {
        console.log(
          `making dom0's root from the packages of Debian's ${release.suite}; this takes some minutes`,
        );
        makeRootfs(rootfs, release);
        made("dom0's files");
      }
      makeImage(rootfs, image, release);
      made("the lab's image");
      prune(cache, 'rootfs', rootfs);
      prune(cache, 'image', image);
    }
    utimesSync(image, new Date(), new Date());
  });
  return image;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await ensureImage(process.argv[2] ?? usualXen));
}
