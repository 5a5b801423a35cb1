/** How long the source waits for what; milliseconds. */
export interface SourceTimeouts {
  /** For the target's banner: the remote login with all it may ask is part of it. */
  readonly banner: number;
  /** For the guest to acknowledge the suspend request. */
  readonly suspend: number;
  /** For the stream to move by an octet. */
  readonly progress: number;
  /** For the target to take what is left of the suspended domain; undefined: see stopAndCopyLimit. */
  readonly stopAndCopy: number | undefined;
  /** For the ready message once the stream has been written: the target builds the domain meanwhile. */
  readonly ready: number;
  /** For the report on the domain's start. */
  readonly report: number;
  /** For permission to have the domain back after a report of failure. */
  readonly permissionBack: number;
}

export const SOURCE_TIMEOUTS_DEFAULT: SourceTimeouts = {
  banner: 120_000,
  suspend: 60_000,
  progress: 60_000,
  stopAndCopy: undefined,
  ready: 120_000,
  report: 60_000,
  permissionBack: 60_000,
};
