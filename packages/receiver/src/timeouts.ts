/** The timeouts of the target in milliseconds. */
export interface TargetTimeouts {
  /** Timeout for the stream to move by an octet. */
  readonly progress: number;
  /** Timeout for permission to go once the ready message has been sent. */
  readonly permission: number;
}

export const TARGET_TIMEOUTS_DEFAULT: TargetTimeouts = {
  progress: 60_000,
  permission: 120_000,
};
