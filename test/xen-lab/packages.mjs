/** What the lab is made of, and what the machine that makes and runs it needs: names of Debian's packages. */

/** Debian 12: its Xen is 4.17, the version whose streams and libraries mig knows. */
export const suite = 'bookworm';

/** In dom0, beside what Debian holds for important. */
export const dom0Packages = [
  'linux-image-amd64',
  'xen-hypervisor-4.17-amd64',
  'xen-utils-4.17',
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
];

/** What the building machine needs: a program of each package, and the package. */
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

/** Only for two machines. */
export const toConnect = { 'ssh-keygen': 'openssh-client' };
