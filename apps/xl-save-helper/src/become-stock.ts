import { HostError } from '@mig/hypervisor';
import { stockSaveHelper, type XenVersion } from '@mig/hypervisor-xen/memory';
import { execute, makeInheritable, noteHandOver } from '@mig/posix';
import type { Link } from './link.js';

/**
 * The variable that names the program handed on to last: meeting the same one again means a circle of
 * links.
 */
const HANDED_ON = 'MIG_HELPER_HANDED_ON';

/**
 * Becomes Xen's own save helper, with the arguments that libxl gave, before any octet is read or written.
 * The process stays the same, so libxl does not notice.
 * @param descriptors those that libxl named in the arguments
 * @param link is told of it, where our own xl listens
 * @throws HostError where there is no stock helper; PosixError where it cannot be run
 */
export function becomeStockHelper(
  version: XenVersion,
  descriptors: readonly number[],
  link?: Pick<Link, 'handedOn'>,
): never {
  const path = stockSaveHelper(version);
  if (!noteHandOver(HANDED_ON)) {
    throw new HostError('unavailable', `${path} is mig's, not Xen's own save helper`);
  }
  for (const fd of descriptors) if (fd >= 0) makeInheritable(fd);
  link?.handedOn();
  execute(path, [path, ...process.argv.slice(2)]);
}
