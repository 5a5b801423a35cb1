/** Which Xen this machine runs, and whether mig can serve it: from what the kernel says in files. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { type XenVersion, xenVersions } from './xen-version.js';

/** Whether this is the control domain of a Xen host. `root` is where the file system begins. */
export function isControlDomain(root = '/'): boolean {
  return read(root, 'proc/xen/capabilities')?.includes('control_d') ?? false;
}

/** @throws HostError `unavailable` or `no-permission`, saying what is missing */
export function detectXen(root = '/'): XenVersion {
  if (read(root, 'sys/hypervisor/type')?.trim() !== 'xen') {
    throw new HostError('unavailable', 'this machine does not run under Xen');
  }
  if (!isControlDomain(root)) {
    throw new HostError(
      'unavailable',
      'this is a guest of a Xen host: migration is the business of its dom0',
    );
  }
  const running = `${part(root, 'major')}.${part(root, 'minor')}`;
  const version = xenVersions.find(({ major, minor }) => `${major}.${minor}` === running);
  if (version === undefined) {
    const known = xenVersions.map(({ major, minor }) => `${major}.${minor}`).join(', ');
    throw new HostError('unavailable', `this host runs Xen ${running}; known to mig: ${known}`);
  }
  checkPermission(join(root, 'dev/xen/privcmd'));
  return version;
}

function part(root: string, name: string): string {
  return read(root, `sys/hypervisor/version/${name}`)?.trim() ?? 'unknown';
}

function checkPermission(device: string): void {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') {
      throw new HostError('no-permission', `${device} is not for this user: be root`, { cause });
    }
    throw new HostError('unavailable', `${device} is not there: is the module xen_privcmd loaded?`, {
      cause,
    });
  }
}

function read(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
