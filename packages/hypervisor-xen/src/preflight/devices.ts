/**
 * Checks that the devices of an arriving domain are on this host. What a script or another domain provides
 * cannot be checked.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Check, type CheckName, failed, passed, unknown } from '@mig/protocol/preflight';
import { quoted } from '@mig/protocol/terminal-text';
import type { Disk, Interface, Needs } from './configuration.js';

type Finding = { readonly kind: 'there' } | { readonly kind: 'missing' | 'unknown'; readonly what: string };

const THERE: Finding = { kind: 'there' };

/** @param root the root of the file system */
export function checkDisks({ disks }: Pick<Needs, 'disks'>, root = '/'): Check {
  return together(
    'disks',
    'disk',
    disks.map((disk) => findDisk(disk, root)),
  );
}

export function checkBridges({ interfaces }: Pick<Needs, 'interfaces'>, root = '/'): Check {
  return together(
    'bridges',
    'bridge',
    interfaces.map((each) => findBridge(each, root)),
  );
}

function findDisk({ virtual, path, script, isElsewhere }: Disk, root: string): Finding {
  if (path === undefined) return THERE;
  const disk = `${quoted(path)} (${quoted(virtual)})`;
  if (isElsewhere) return { kind: 'unknown', what: `another domain has ${disk}` };
  if (script !== undefined && basename(script) !== 'block') {
    return { kind: 'unknown', what: `${quoted(basename(script))} sees to ${disk}` };
  }
  // Of qemu, a protocol and what it takes.
  if (!path.startsWith('/')) return { kind: 'unknown', what: `${disk} is no path` };
  return find(join(root, path), disk);
}

function findBridge({ bridge, script, isElsewhere }: Interface, root: string): Finding {
  if (isElsewhere) return { kind: 'unknown', what: 'another domain has an interface' };
  if (script !== undefined && basename(script) !== 'vif-bridge') {
    return { kind: 'unknown', what: `${quoted(basename(script))} sees to an interface` };
  }
  if (bridge === undefined) return { kind: 'unknown', what: 'an interface names no bridge' };
  // The kernel has no name with that in it, and a path would lead elsewhere.
  if (bridge.includes('/')) return { kind: 'missing', what: quoted(bridge) };
  return find(join(root, 'sys/class/net', bridge), quoted(bridge));
}

function find(path: string, what: string): Finding {
  try {
    statSync(path);
    return THERE;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', what };
    return { kind: 'unknown', what: `${what} cannot be looked at (${code})` };
  }
}

function together(check: CheckName, noun: string, findings: readonly Finding[]): Check {
  const of = (kind: 'missing' | 'unknown') =>
    findings.flatMap((finding) => (finding.kind === kind ? [finding.what] : []));
  const [missing, open] = [of('missing'), of('unknown')];
  if (missing.length > 0) return failed(check, `not there: ${missing.join(', ')}`);
  if (open.length > 0) return unknown(check, open.join('; '));
  const count = findings.length;
  return passed(check, count === 0 ? `it has no ${noun}` : `${count} of ${count} there`);
}
