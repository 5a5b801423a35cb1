/** Detects the control domain of a Xen host, by files of the kernel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tells whether this is the control domain of a Xen host. `root` is the root of the file system. */
export function isControlDomain(root = '/'): boolean {
  return readFact(root, 'proc/xen/capabilities')?.includes('control_d') ?? false;
}

/** Reads a file's text; undefined if it cannot be read. */
export function readFact(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
