/**
 * A domain's needs from its host, according to its configuration as libxl JSON. Values of unexpected types
 * are ignored.
 */
import { parseConfigurationJson } from '@mig/protocol';
import { listOf, numberOf, textOf, type Tree, treeOf } from './tree.js';

export interface Disk {
  /** The guest's name for it, such as `xvda`. */
  readonly virtual: string;
  /** The path; absent if the drive has no medium. */
  readonly path: string | undefined;
  readonly script: string | undefined;
  readonly isElsewhere: boolean;
}

export interface Interface {
  readonly bridge: string | undefined;
  readonly script: string | undefined;
  readonly isElsewhere: boolean;
}

export interface Needs {
  readonly type: string;
  readonly name: string;
  readonly uuid: string | undefined;
  readonly domid: number | undefined;
  /** Memory in KiB. A ballooned guest needs the least now. */
  readonly memory: { readonly least: number; readonly most: number };
  readonly disks: readonly Disk[];
  readonly interfaces: readonly Interface[];
  /** The host's PCI devices that the domain has, such as `0000:03:00.0`. */
  readonly passedThrough: readonly string[];
}

/** Memory that libxl keeps free beside the guest's own, in KiB. */
const SLACK = 2048;

/** First domid of Xen's own (DOMID_FIRST_RESERVED, public/xen.h); libxl writes ~0 for none. */
const FIRST_RESERVED = 0x7ff0;

/** @throws ConfigurationJsonError */
export function needsIn(configuration: string): Needs {
  const parsed = parseConfigurationJson(configuration);
  const creation = treeOf(parsed['c_info']);
  const build = treeOf(parsed['b_info']);
  const { uuid, domid } = creation;
  return {
    type: textOf(creation['type']) ?? 'pv',
    name: textOf(creation['name']) ?? '',
    uuid: textOf(uuid),
    domid: domidOf(domid),
    memory: memoryOf(build),
    disks: listOf(parsed['disks']).map((disk) => ({
      virtual: textOf(disk['vdev']) ?? 'a disk',
      path: textOf(disk['pdev_path']),
      script: textOf(disk['script']),
      isElsewhere: isElsewhere(disk),
    })),
    interfaces: listOf(parsed['nics']).map((nic) => ({
      bridge: textOf(nic['bridge']),
      script: textOf(nic['script']),
      isElsewhere: isElsewhere(nic),
    })),
    passedThrough: listOf(parsed['pcidevs']).map(addressOf),
  };
}

/** The memory need, by libxl's formula (libxl_get_required_shadow_memory and libxl_domain_need_memory). */
function memoryOf(build: Tree): Needs['memory'] {
  const most = numberOf(build['max_memkb']) ?? 0;
  const now = numberOf(build['target_memkb']) ?? most;
  const video = numberOf(build['video_memkb']) ?? 0;
  const vcpus = numberOf(build['max_vcpus']) ?? 1;
  const shadow = numberOf(build['shadow_memkb']) ?? 4 * (256 * vcpus + 2 * (most / 1024));
  return { least: now + video, most: Math.max(most, now) + video + shadow + SLACK };
}

/** Tells whether another domain than 0 drives the device. */
function isElsewhere(device: Tree): boolean {
  return (numberOf(device['backend_domid']) ?? 0) !== 0 || textOf(device['backend_domname']) !== undefined;
}

function addressOf(device: Tree): string {
  const hex = (key: string, digits: number) =>
    (numberOf(device[key]) ?? 0).toString(16).padStart(digits, '0');
  return `${hex('domain', 4)}:${hex('bus', 2)}:${hex('dev', 2)}.${hex('func', 1)}`;
}

function domidOf(value: unknown): number | undefined {
  const domid = numberOf(value);
  return domid !== undefined && domid < FIRST_RESERVED ? domid : undefined;
}
