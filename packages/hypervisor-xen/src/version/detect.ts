/** Detects this machine's Xen, and whether mig supports it. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { isControlDomain, readFact } from '../xen/control-domain.js';
import { takenForNewest } from './newer-version.js';
export { groundsText, versionText } from '../xen/xen-version.js';
import { isNewer, newestVersion, versionText, type XenVersion, xenVersions } from '../xen/xen-version.js';

/**
 * @param root the root of the file system
 * @param judgeNewer decides which row serves for a version newer than all rows
 * @throws HostError `unavailable` or `no-permission`, saying what is missing
 */
export function detectXen(root = '/', judgeNewer = takenForNewest): XenVersion {
  if (readFact(root, 'sys/hypervisor/type')?.trim() !== 'xen') {
    throw new HostError('unavailable', 'this machine does not run under Xen');
  }
  if (!isControlDomain(root)) {
    throw new HostError(
      'unavailable',
      'this is a guest of a Xen host: migration is the business of its dom0',
    );
  }
  const [major, minor] = [part(root, 'major'), part(root, 'minor')];
  const running = { major: Number(major), minor: Number(minor) };
  const known = xenVersions.find((version) => `${major}.${minor}` === versionText(version));
  if (known === undefined && !isNewer(running, newestVersion())) {
    throw new HostError('unavailable', `this host runs Xen ${major}.${minor}; ${knownWords()}`);
  }
  checkPermission(join(root, 'dev/xen/privcmd'));
  return known ?? judgeNewer(running);
}

function knownWords(): string {
  return (
    `known to mig: ${versionText(xenVersions[0]!)} to ${versionText(newestVersion())} ` +
    '(docs/xen.md, "Another version of Xen", tells how one is added)'
  );
}

function part(root: string, name: string): string {
  return readFact(root, `sys/hypervisor/version/${name}`)?.trim() ?? 'unknown';
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
