import { MigError } from '@mig/errors';
import type { OwnerRefusal } from '@mig/protocol/handshake';

export type HostErrorCode =
  | 'no-such-domain'
  | 'name-taken'
  | 'domid-taken'
  /** A domain with this UUID is here already. */
  | 'uuid-taken'
  | 'wrong-state'
  /** A migration or a save holds the domain. */
  | 'held'
  /** The domain was sent to another host, which may be running it. */
  | 'sent-away'
  /** The domain is arriving from another host. */
  | 'arriving'
  /** The request is one that only the toolstack that holds the domain may make. */
  | 'not-holder'
  /** The domain was suspended, resumed or moved since the requester looked at it. */
  | 'stale'
  | 'suspend-refused'
  | 'not-live-migratable'
  /** The administrator has closed this host to domains of other hosts. */
  | 'cordoned'
  /** The host has as many arrivals as it takes at once: a later attempt may succeed. */
  | 'arrivals-full'
  | 'bad-configuration'
  | 'bad-guest'
  | 'foreign-domain'
  | 'domain-died'
  | 'no-permission'
  | 'unavailable';

/** The error code for each refusal of an owner. */
export const refusalCodes: Readonly<Record<OwnerRefusal, HostErrorCode>> = {
  held: 'held',
  suspended: 'wrong-state',
  'not-suspended': 'wrong-state',
  away: 'sent-away',
  incoming: 'arriving',
  here: 'uuid-taken',
  stale: 'stale',
  'not-holder': 'not-holder',
};

/** An operation that a hypervisor could not do, and the domain concerned. */
export class HostError extends MigError {
  override readonly name = 'HostError';
  readonly domid: number | undefined;

  constructor(
    readonly code: HostErrorCode,
    message: string,
    options: { domid?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.domid = options.domid;
  }
}
