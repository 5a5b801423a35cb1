/** The line of `/proc/PID/stat` that tells about a process or a thread: proc_pid_stat(5). */

export interface ProcessStat {
  readonly pid: number;
  /** One letter, such as `R` for running and `T` for stopped. */
  readonly state: string;
  /** Clock ticks from boot to its start: pids are used again, but not with the same start time. */
  readonly startTime: number;
  /** Scheduling policy, as sched.h numbers them. */
  readonly policy: number;
  /** Tells whether it has ended, and is only left for its parent to ask about. */
  readonly hasEnded: boolean;
}

/**
 * Parses `/proc/PID/stat`.
 * @returns undefined for a text that procfs would not write
 */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The second field is the command in parentheses, which may itself contain any.
  const [, pid] = /^([0-9]+) \(/.exec(text) ?? [];
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Fields 3, 22 and 41.
  const [state = '', startTime = '', policy = ''] = [fields[0], fields[19], fields[38]];
  if (pid === undefined || !/^[A-Za-z]$/.test(state) || !/^[0-9]+$/.test(startTime)) return undefined;
  return {
    pid: Number(pid),
    state,
    startTime: Number(startTime),
    policy: Number(policy),
    hasEnded: state === 'Z' || state === 'X',
  };
}
