/** Whether this machine is the control domain of a Xen host: from what the kernel says in files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether this is the control domain of a Xen host. `root` is where the file system begins. */
export function isControlDomain(root = '/'): boolean {
  return readFact(root, 'proc/xen/capabilities')?.includes('control_d') ?? false;
}

/** A file's text; undefined where it cannot be read. */
export function readFact(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
