/** The libxl save helpers, anybody's, that are at work: libxl starts one for each domain that is saved or restored. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { parseHelperArguments, SaveFlag } from '@mig/protocol/save-helper';

const MODES = ['--save-domain', '--restore-domain'];

export interface SaveHelper {
  readonly pid: number;
  readonly domid: number;
  readonly mode: 'save' | 'restore';
  readonly live: boolean;
}

/**
 * @param proc where the processes are
 * @throws HostError `unavailable` where a process cannot be looked at, and so could be one
 */
export function helpersAtWork(proc = '/proc'): SaveHelper[] {
  return processesIn(proc).flatMap((pid) => {
    const commandLine = commandLineOf(join(proc, pid));
    return commandLine === undefined ? [] : (helperOf(Number(pid), commandLine) ?? []);
  });
}

/** Live, that is: a plain save has no use for the log. See `helpersAtWork`. */
export function isBeingSavedLive(domid: number, proc = '/proc'): boolean {
  return helpersAtWork(proc).some((helper) => helper.live && helper.domid === domid);
}

/** @returns the process of a save helper that is at work on the domain and is not this process. See `helpersAtWork` */
export function anotherSaverOf(domid: number, proc = '/proc'): number | undefined {
  const isAnother = (helper: SaveHelper) =>
    helper.mode === 'save' && helper.domid === domid && helper.pid !== process.pid;
  return helpersAtWork(proc).find(isAnother)?.pid;
}

/** @returns undefined where the process has just ended */
function commandLineOf(process: string): string | undefined {
  const path = join(process, 'cmdline');
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? undefined : unreadable(path, error);
  }
}

function processesIn(proc: string): string[] {
  try {
    return readdirSync(proc).filter((name) => /^[0-9]+$/.test(name));
  } catch (error) {
    return unreadable(proc, error);
  }
}

function unreadable(path: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  const message = `which domains are being migrated cannot be seen: ${path} cannot be read (${code})`;
  throw new HostError('unavailable', message, { cause });
}

function helperOf(pid: number, commandLine: string): SaveHelper | undefined {
  if (!MODES.some((mode) => commandLine.includes(mode))) return undefined;
  const words = commandLine.replace(/\0$/, '').split('\0');
  try {
    const parsed = parseHelperArguments(words.slice(words.findIndex((word) => MODES.includes(word))));
    const { mode, domid } = parsed;
    const live = parsed.mode === 'save' && (parsed.flags & SaveFlag.LIVE) !== 0;
    return { pid, domid, mode, live };
  } catch {
    // Somebody else's option of that name.
    return undefined;
  }
}
