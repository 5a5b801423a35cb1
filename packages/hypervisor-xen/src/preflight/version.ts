import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import {
  isNewer,
  rowOf,
  type VersionNumber,
  versionText,
  whyNotLoadable,
  type XenVersion,
} from '../xen/xen-version.js';

/**
 * @param to the target's version, given by number: its row is looked up if only that is known
 * @param type the domain's: a PV domain has no processor state that another version could fail to load
 */
export function checkVersion(
  from: VersionNumber,
  to: VersionNumber & Partial<Pick<XenVersion, 'lapic'>>,
  type?: string,
): Check {
  const [source, target] = [versionText(from), versionText(to)];
  const loadable = { ...to, lapic: to.lapic ?? rowOf(to).lapic };
  const why = type === 'pv' ? undefined : whyNotLoadable(from, loadable);
  if (why !== undefined) return failed('version', why);
  if (isNewer(from, to)) {
    return unknown(
      'version',
      `nothing is known that keeps a domain of Xen ${source} from Xen ${target}, and Xen does not promise it`,
    );
  }
  return passed('version', `Xen ${target} loads what Xen ${source} writes`);
}
