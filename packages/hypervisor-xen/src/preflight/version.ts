import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import { versionText, whyNotLoadable, type XenVersion, xenVersions } from '../xen-version.js';

type Number = Pick<XenVersion, 'major' | 'minor'>;

/** @param to the target's, by its number: its row is looked up where only that is known */
export function checkVersion(from: Number, to: Number & Partial<Pick<XenVersion, 'lapic'>>): Check {
  const [source, target] = [versionText(from), versionText(to)];
  const row = xenVersions.findLast((each) => !isNewer(each, to)) ?? xenVersions[0]!;
  const why = whyNotLoadable(from, { ...to, lapic: to.lapic ?? row.lapic });
  if (why !== undefined) return failed('version', why);
  if (isNewer(from, to)) {
    return unknown(
      'version',
      `nothing is known that keeps a domain of Xen ${source} from Xen ${target}, and Xen does not promise it`,
    );
  }
  return passed('version', `Xen ${target} loads what Xen ${source} writes`);
}

function isNewer(one: Number, other: Number): boolean {
  return one.major > other.major || (one.major === other.major && one.minor > other.minor);
}
