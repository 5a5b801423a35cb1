import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { isMissing } from '../error-code.js';

const O_CLOEXEC = 0o2000000;

/**
 * Closes the descriptors that came from the creator, and its creators, by oversight: a pipe kept open here would
 * never end for its reader. Told apart by not being close-on-exec, as all that Node opens itself is.
 * @param last the highest that was meant to be inherited
 */
export function closeInheritedDescriptors(last: number): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd <= last) continue;
    let flags: string | undefined;
    try {
      flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    } catch (error) {
      // The one that the list itself was read from.
      if (!isMissing(error)) throw error;
    }
    if (flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
  }
}
