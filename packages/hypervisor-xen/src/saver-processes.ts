/** Whether a libxl save helper, anybody's, is at work on a running domain: libxl starts one for each migration. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { parseHelperArguments, SaveFlag } from '@mig/protocol/save-helper';

const SAVE = '--save-domain';

/**
 * Live, that is: a plain save has no use for the log.
 * @param proc where the processes are
 * @throws HostError `unavailable` where a process cannot be looked at, and so could be one
 */
export function isBeingSavedLive(domid: number, proc = '/proc'): boolean {
  return processesIn(proc).some((pid) => {
    const commandLine = commandLineOf(join(proc, pid));
    return commandLine !== undefined && domidSavedBy(commandLine) === domid;
  });
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

function domidSavedBy(commandLine: string): number | undefined {
  if (!commandLine.includes(SAVE)) return undefined;
  const words = commandLine.replace(/\0$/, '').split('\0');
  try {
    const parsed = parseHelperArguments(words.slice(words.indexOf(SAVE)));
    const live = parsed.mode === 'save' && (parsed.flags & SaveFlag.LIVE) !== 0;
    return live ? parsed.domid : undefined;
  } catch {
    // Somebody else's option of that name.
    return undefined;
  }
}
