import { HostError } from '@mig/hypervisor';
import { stockSaveHelper, type XenVersion } from '@mig/hypervisor-xen/memory';
import { execute, makeInheritable, noteHandOver } from '@mig/posix';
import type { Link } from './link.js';

/** Names the process that was handed on last: the same one again has come in a circle, by a link that names us. */
const HANDED_ON = 'MIG_HELPER_HANDED_ON';

/**
 * Becomes Xen's own save helper, with the arguments that libxl gave, before an octet is read or written. It is the same
 * process: libxl does not notice.
 * @param descriptors that libxl named in the arguments
 * @param link hears of it, where our own xl listens
 * @throws HostError where there is none; PosixError where it cannot be run
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
