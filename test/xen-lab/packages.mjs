/** Packages of the lab, and of the machine that makes and runs it: names of Debian's packages. */

/**
 * A Xen version of the lab, and the release of Debian that has it.
 * @typedef {object} Release
 * @property {string} xen
 * @property {string} suite
 * @property {boolean} hasNode whether its own Node is new enough for mig
 */

/** @type {readonly Release[]} */
const releases = [
  { xen: '4.17', suite: 'bookworm', hasNode: false },
  { xen: '4.20', suite: 'trixie', hasNode: true },
];

export const xens = releases.map(({ xen }) => xen);

/** The version used by default: that of the newest Debian. */
export const usualXen = '4.20';

/** @param {string} xen @returns {Release} */
export function releaseWith(xen) {
  const release = releases.find((one) => one.xen === xen);
  if (release === undefined) throw new Error(`the lab has no Xen ${xen}; it has ${xens.join(', ')}`);
  return release;
}

/**
 * Packages in dom0, beside Debian's important ones.
 * @param {Release} release
 */
export const dom0Packages = ({ xen, suite, hasNode }) => [
  'linux-image-amd64',
  `xen-hypervisor-${xen}-amd64`,
  `xen-utils-${xen}`,
  'xen-utils-common',
  'libxen-dev',
  // For HVM guests: the device model, with its firmware.
  'qemu-system-xen',
  // For the guests' initramfs.
  'busybox-static',
  'iproute2',
  'kmod',
  'udev',
  'systemd-sysv',
  'procps',
  'socat',
  'openssh-client',
  'openssh-server',
  'zstd',
  'xxd',
  // The other toolstack on libxl, and its AppArmor profile, which has a package of its own in Debian 12.
  'libvirt-daemon-driver-xen',
  'libvirt-daemon',
  'libvirt-clients',
  'apparmor',
  ...(suite === 'bookworm' ? ['libvirt-daemon-system'] : []),
  ...(hasNode ? ['nodejs'] : []),
];

/** Requirements of the building machine: a program of each package, and the package. */
export const toBuild = {
  mmdebstrap: 'mmdebstrap',
  gcc: 'gcc',
  cpio: 'cpio',
  gzip: 'gzip',
  mke2fs: 'e2fsprogs',
};

export const toRun = {
  'qemu-system-x86_64': 'qemu-system-x86',
  mke2fs: 'e2fsprogs',
  setpriv: 'util-linux',
};

/** Requirements for two machines. */
export const toConnect = { 'ssh-keygen': 'openssh-client' };
