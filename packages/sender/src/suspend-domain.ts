import type { OctetSink } from '@mig/channel';
import type { ImageReport, OutgoingDomain, SaveEvent } from '@mig/hypervisor';
import { simplePolicy } from './policies/index.js';
import { SOURCE_TIMEOUTS_DEFAULT } from './timeouts.js';

export interface SuspendDomainOptions {
  /** Whether precopy happens, with the simple policy's defaults; otherwise the domain is suspended first. */
  readonly live?: boolean;
  readonly debug?: boolean;
  readonly onEvent?: (event: SaveEvent) => void;
  /** Milliseconds within which the guest must acknowledge the suspend request. */
  readonly suspendTimeout?: number;
  /** The limit of a stop-and-copy in milliseconds: see SaveOptions. */
  readonly stopAndCopyTimeout?: number | undefined;
}

/**
 * Writes the libxl stream of a taken domain, and leaves it suspended (libxl_domain_suspend).
 * @throws what the host throws; the domain may then be suspended: `describe` tells, `resume` revives it
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
