/** Ends a process and all that it has started. */
import { parseProcessStat } from '@mig/posix';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Milliseconds between the signal that a process may handle and the one that it cannot. */
const GRACE = 3000;
const POLL = 10;
/** Milliseconds within which a signal stops a process: at once, unless the kernel holds it in a call. */
const STOPPING = 500;

interface Member {
  readonly pid: number;
  /** Start time, which distinguishes the process from a later one with the same pid. */
  readonly startTime: number;
}

/**
 * Ends the process and everything that it has started.
 * @returns once they are gone, or nothing more can be done
 */
export async function endFamily(pid: number | undefined, grace = GRACE): Promise<void> {
  if (pid === undefined) return;
  const members = await stoppedFamilyOf(pid);
  // A stopped process could not handle the first signal.
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) send(members, signal);
  if (await gone(members, grace)) return;
  send(members, 'SIGKILL');
  await gone(members, grace);
}

async function gone(members: readonly Member[], milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (members.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await setTimeout(POLL);
  }
  return true;
}

function send(members: readonly Member[], signal: NodeJS.Signals): void {
  for (const member of members.filter(isAlive)) {
    try {
      process.kill(member.pid, signal);
    } catch {
      // The process is gone already.
    }
  }
}

/**
 * Stops the family, and lists it before its first member is gone, since children whose parent has ended get
 * another parent. A member that goes on could start a process that is not listed, and it goes on for a moment
 * after the signal was sent.
 */
async function stoppedFamilyOf(pid: number): Promise<Member[]> {
  const deadline = performance.now() + STOPPING;
  for (let members: Member[] = []; ;) {
    const halted = members.every(isHalted);
    const found = familyOf(pid);
    if (found.length === members.length && (halted || performance.now() > deadline)) return members;
    members = found;
    send(members, 'SIGSTOP');
    await setTimeout(1);
  }
}

function familyOf(pid: number): Member[] {
  const startTime = startTimeOf(pid);
  const self = startTime === undefined ? [] : [{ pid, startTime }];
  return [...childrenOf(pid).flatMap(familyOf), ...self];
}

function childrenOf(pid: number): number[] {
  return ofEachThread(pid, 'children').flatMap((children) => children.split(' ').filter(Boolean).map(Number));
}

/** Tells whether none of the process's threads runs. */
function isHalted({ pid }: Member): boolean {
  return ofEachThread(pid, 'stat').every((stat) => 'TtZX'.includes(parseProcessStat(stat)?.state ?? ''));
}

/** Reads a file of each thread. @returns nothing if there is no such process */
function ofEachThread(pid: number, file: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'utf8'),
    );
  } catch {
    return [];
  }
}

function isAlive({ pid, startTime }: Member): boolean {
  return startTimeOf(pid) === startTime;
}

/**
 * Returns the start time of a process; undefined if it does not exist, or has ended and only waits for its
 * parent.
 */
function startTimeOf(pid: number): number | undefined {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === undefined || stat.hasEnded ? undefined : stat.startTime;
  } catch {
    return undefined;
  }
}
