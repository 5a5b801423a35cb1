import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { isMissing } from '../error-code.js';

const O_CLOEXEC = 0o2000000;

/**
 * Closes descriptors leaked by the creator and its creators: a pipe kept open here would never end for its
 * reader. They are recognised by not being close-on-exec, as all that Node opens is.
 * @param last the highest descriptor that is inherited on purpose
 */
export function closeInheritedDescriptors(last: number): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd <= last) continue;
    let flags: string | undefined;
    try {
      flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    } catch (error) {
      // The descriptor of the listing itself.
      if (!isMissing(error)) throw error;
    }
    if (flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
  }
}
