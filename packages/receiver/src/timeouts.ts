/** How long the target waits for what; milliseconds. */
export interface TargetTimeouts {
  /** For the stream to move by an octet. */
  readonly progress: number;
  /** For permission to go once the ready message has been sent. */
  readonly permission: number;
}

export const TARGET_TIMEOUTS_DEFAULT: TargetTimeouts = {
  progress: 60_000,
  permission: 120_000,
};
