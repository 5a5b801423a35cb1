/** The process that holds a domain: its unique identity, and whether it is alive. */
import { parseProcessStat } from '@mig/posix';
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start: pids are reused, but not with the same start time. */
  readonly startTime: number;
  readonly bootId: string;
  /** The pid namespace: in another one the pid is another process's. */
  readonly pidNamespace: string;
}

/** Liveness of a process; only `dead` is certain: one that cannot be seen may be alive. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** @param proc the mount point of procfs */
export function thisProcess(proc = '/proc'): ProcessIdentity {
  const { pid, startTime } = parseProcessStat(readFileSync(`${proc}/self/stat`, 'utf8'))!;
  return { pid, startTime, ...surroundings(proc) };
}

export function livenessOf(process: ProcessIdentity, proc = '/proc'): Liveness {
  const { bootId, pidNamespace } = surroundings(proc);
  if (process.bootId !== bootId) return 'dead';
  if (process.pidNamespace !== pidNamespace) return 'unknown';
  let text: string;
  try {
    text = readFileSync(`${proc}/${process.pid}/stat`, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between opening and reading.
    const gone = ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
    return gone ? 'dead' : 'unknown';
  }
  const stat = parseProcessStat(text);
  if (stat === undefined) return 'unknown';
  return stat.startTime === process.startTime && !stat.hasEnded ? 'alive' : 'dead';
}

function surroundings(proc: string): Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> {
  return {
    bootId: readFileSync(`${proc}/sys/kernel/random/boot_id`, 'utf8').trim(),
    pidNamespace: readlinkSync(`${proc}/self/ns/pid`),
  };
}
