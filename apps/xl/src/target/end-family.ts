/** Ends a process and all that it has started. */
import { parseProcessStat } from '@mig/posix';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Milliseconds from the signal that can be heeded to the one that cannot. */
const GRACE = 3000;
const POLL = 10;
/** Milliseconds for a signal to stop what it is sent to: at once, but for one that the kernel holds in a call. */
const STOPPING = 500;

interface Member {
  readonly pid: number;
  /** Tells it from another process that is given its pid later. */
  readonly startTime: number;
}

/** @returns once they are gone, or nothing more can be done about them */
export async function endFamily(pid: number | undefined, grace = GRACE): Promise<void> {
  if (pid === undefined) return;
  const members = await stoppedFamilyOf(pid);
  // One that is stopped could not take the first.
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
      // Gone already.
    }
  }
}

/**
 * Stops the family, and finds it before the first of them is gone: those whose parent has ended have another. One that goes on
 * could start a process that has not been seen, and it does go on for a moment after the signal was sent.
 */
async function stoppedFamilyOf(pid: number): Promise<Member[]> {
  const deadline = performance.now() + STOPPING;
  for (let members: Member[] = []; ;) {
    const halted = members.every(isHalted);
    const found = familyOf(pid);
    if (found.length === members.length && (halted || performance.now() > deadline)) return members;
    members = found;
    send(members, 'SIGSTOP');
    if (!members.every(isHalted)) await setTimeout(1);
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

/** Tells whether none of its threads runs. */
function isHalted({ pid }: Member): boolean {
  return ofEachThread(pid, 'stat').every((stat) => 'TtZX'.includes(parseProcessStat(stat)?.state ?? ''));
}

/** @returns nothing where there is no such process */
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

/** @returns undefined where there is no such process, or only what is left of it until its parent asks */
function startTimeOf(pid: number): number | undefined {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === undefined || stat.hasEnded ? undefined : stat.startTime;
  } catch {
    return undefined;
  }
}
