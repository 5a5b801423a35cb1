/** The timeouts of the source in milliseconds. */
export interface SourceTimeouts {
  /** Timeout for the target's banner: it includes the remote login with all its questions. */
  readonly banner: number;
  /** Timeout for the guest to acknowledge the suspend request. */
  readonly suspend: number;
  /** Timeout for the stream to move by an octet. */
  readonly progress: number;
  /** Timeout for the target to take the rest of the suspended domain; undefined: see stopAndCopyLimit. */
  readonly stopAndCopy: number | undefined;
  /**
   * Timeout for the ready message once the stream has been written: the target builds the domain meanwhile.
   */
  readonly ready: number;
  /** Timeout for the report on the domain's start. */
  readonly report: number;
  /** Timeout for permission to have the domain back after a report of failure. */
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
