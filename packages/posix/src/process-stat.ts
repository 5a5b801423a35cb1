/** The line of `/proc/PID/stat` about a process or a thread: see proc_pid_stat(5). */

export interface ProcessStat {
  readonly pid: number;
  /** Process ID of the parent; 0 if it has none, or one outside this PID namespace. */
  readonly parent: number;
  /** State as one letter, such as `R` for running and `T` for stopped. */
  readonly state: string;
  /** Clock ticks from boot to its start: pids are reused, but not with the same start time. */
  readonly startTime: number;
  /** Scheduling policy, as sched.h numbers them. */
  readonly policy: number;
  /** Whether it has ended, and only its parent has still to reap it. */
  readonly hasEnded: boolean;
}

/**
 * Parses `/proc/PID/stat`.
 * @returns undefined for text that procfs would not write
 */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The second field is the command in parentheses, which may itself contain some.
  const [, pid] = /^([0-9]+) \(/.exec(text) ?? [];
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Fields 3, 4, 22 and 41.
  const [state = '', parent = '', startTime = '', policy = ''] = [
    fields[0],
    fields[1],
    fields[19],
    fields[38],
  ];
  if (pid === undefined || !/^[A-Za-z]$/.test(state) || !/^[0-9]+$/.test(startTime)) return undefined;
  return {
    pid: Number(pid),
    parent: Number(parent),
    state,
    startTime: Number(startTime),
    policy: Number(policy),
    hasEnded: state === 'Z' || state === 'X',
  };
}
