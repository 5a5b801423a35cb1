import type { OctetSink } from '@mig/channel';
import type { ImageReport, OutgoingDomain, SaveEvent } from '@mig/hypervisor';
import { simplePolicy } from './policies/index.js';
import { SOURCE_TIMEOUTS_DEFAULT } from './timeouts.js';

export interface SuspendDomainOptions {
  /** Precopy with the simple policy's defaults; otherwise the domain is suspended first. */
  readonly live?: boolean;
  readonly debug?: boolean;
  readonly onEvent?: (event: SaveEvent) => void;
  /** Milliseconds for the guest to acknowledge. */
  readonly suspendTimeout?: number;
  /** See SaveOptions; milliseconds. */
  readonly stopAndCopyTimeout?: number | undefined;
}

/**
 * Writes the libxl stream of a domain that was taken, and leaves it suspended (libxl_domain_suspend).
 * @throws what the host throws; the domain may then be suspended: `describe` tells, `resume` revives
 */
export function suspendDomain(
  domain: OutgoingDomain,
  output: OctetSink,
  {
    live = false,
    debug = false,
    onEvent,
    suspendTimeout = SOURCE_TIMEOUTS_DEFAULT.suspend,
    stopAndCopyTimeout,
  }: SuspendDomainOptions = {},
): ImageReport {
  return domain.saveTo(output, {
    live,
    debug,
    policy: simplePolicy(),
    suspendTimeout,
    stopAndCopyTimeout,
    onEvent,
  });
}
