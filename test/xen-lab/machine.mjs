/** The QEMU command of a machine that runs Xen in software. */
import { join } from 'node:path';

/**
 * A private link between two machines: each sends to the other's socket.
 * @typedef {object} Network
 * @property {string} own the socket that this machine reads
 * @property {string} other the one that it writes to
 * @property {string} mac
 * @property {string} address with the length of the prefix: `10.77.0.1/24`
 * @property {string} name the machine's
 */

/**
 * @typedef {object} Machine
 * @property {string} image the folder that image.mjs made
 * @property {string} share a folder; /mnt in dom0
 * @property {string} [disk] a file with a file system; read-only in dom0, /opt/mig
 * @property {number} [memory] mebibytes in all
 * @property {string} [xenOptions] what Xen is told of domain 0, in place of how much memory it has and that it has one vcpu
 * @property {Network} [network]
 */

/**
 * QEMU takes a comma for the end of a value unless it is doubled.
 * @param {string} text
 */
const value = (text) => text.replaceAll(',', ',,');

/** @param {Machine} machine */
export function qemuArguments({ image, share, disk, memory = 3072, xenOptions, network }) {
  const dom0Memory = Math.round(memory * 0.45);
  const xen = [
    'console=com1 com1=115200,8n1',
    xenOptions ?? `dom0_mem=${dom0Memory}M,max:${dom0Memory}M dom0_max_vcpus=1`,
    'loglvl=warning guest_loglvl=warning noreboot',
  ];
  const dom0 = ['console=hvc0 root=/dev/vda rw init=/lab/init quiet'];
  if (network !== undefined) dom0.push(`net.ifnames=0 mig_host=${network.name} mig_ip=${network.address}`);
  return [
    ...['-accel', 'tcg,thread=multi'],
    // Without -monitor, and with a richer model, Xen uses what the emulation lacks.
    ...['-cpu', 'qemu64,+svm,+npt,-monitor'],
    ...['-smp', '2', '-m', `${memory}M`],
    ...['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-no-user-config'],
    ...['-kernel', join(image, 'xen'), '-append', xen.join(' ')],
    // Two multiboot modules; the text after the first one's name is dom0's command line.
    '-initrd',
    [`${join(image, 'vmlinuz')} ${dom0.join(' ')}`, join(image, 'initrd.img')].join(','),
    // Changes in the machine never reach the image.
    ...['-drive', `file=${value(join(image, 'root.img'))},format=raw,if=virtio,snapshot=on`],
    ...(disk === undefined ? [] : ['-drive', `file=${value(disk)},format=raw,if=virtio,readonly=on`]),
    ...['-virtfs', `local,path=${value(share)},mount_tag=share,security_model=none`],
    ...networkArguments(network),
  ];
}

/** @param {Network | undefined} network */
function networkArguments(network) {
  if (network === undefined) return ['-nic', 'none'];
  const { own, other, mac } = network;
  const link = [
    'dgram,id=link',
    `local.type=unix,local.path=${value(own)}`,
    `remote.type=unix,remote.path=${value(other)}`,
  ];
  return ['-netdev', link.join(','), '-device', `virtio-net-pci,netdev=link,mac=${mac},romfile=`];
}
