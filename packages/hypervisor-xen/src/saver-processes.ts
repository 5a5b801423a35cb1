/** Whether a libxl save helper, anybody's, is at work on a running domain: libxl starts one for each migration. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHelperArguments, SaveFlag } from '@mig/protocol/save-helper';

const SAVE = '--save-domain';

/** Live, that is: a plain save has no use for the log. @param proc where the processes are */
export function isBeingSavedLive(domid: number, proc = '/proc'): boolean {
  return readdirSync(proc).some((pid) => /^[0-9]+$/.test(pid) && domidSavedBy(join(proc, pid)) === domid);
}

function domidSavedBy(process: string): number | undefined {
  let commandLine: string;
  try {
    commandLine = readFileSync(join(process, 'cmdline'), 'latin1');
  } catch {
    // It has just ended.
    return undefined;
  }
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
