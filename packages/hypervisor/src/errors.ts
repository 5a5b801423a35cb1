export type HostErrorCode =
  | 'no-such-domain'
  | 'name-taken'
  | 'domid-taken'
  | 'wrong-state'
  | 'suspend-refused'
  | 'not-live-migratable'
  | 'bad-configuration'
  | 'bad-guest'
  | 'foreign-domain'
  | 'domain-died'
  | 'no-permission'
  | 'unavailable';

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
