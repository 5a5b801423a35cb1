import type { OwnerRefusal } from '@mig/protocol/handshake';

export type HostErrorCode =
  | 'no-such-domain'
  | 'name-taken'
  | 'domid-taken'
  /** A domain of this UUID is here already. */
  | 'uuid-taken'
  | 'wrong-state'
  /** A migration or a save holds it. */
  | 'held'
  /** It was sent to another host, which may be running it. */
  | 'sent-away'
  /** It is arriving from another host. */
  | 'arriving'
  /** Only the toolstack that holds it may ask for that. */
  | 'not-holder'
  /** It was suspended, resumed or moved since the one who asks has looked at it. */
  | 'stale'
  | 'suspend-refused'
  | 'not-live-migratable'
  | 'bad-configuration'
  | 'bad-guest'
  | 'foreign-domain'
  | 'domain-died'
  | 'no-permission'
  | 'unavailable';

/** The error that says what an owner's refusal is. */
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

/** What a hypervisor could not do, to which domain. */
export class HostError extends Error {
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
