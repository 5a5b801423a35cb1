/** Finds Xen's own save helper: its path stands in libxl, which starts it. */
import { readFileSync } from 'node:fs';
import { HostError } from '@mig/hypervisor';
import { loadLibrary } from '../xen/load-library.js';
import type { XenVersion } from '../xen/xen-version.js';

const NAME = '/libxl-save-helper\0';

/**
 * Finds the path.
 * @throws HostError where libxl cannot be loaded, or names none
 */
export function stockSaveHelper({ libraries }: Pick<XenVersion, 'libraries'>): string {
  loadLibrary(libraries.light);
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const library = maps
    .map((line) => line.slice(line.indexOf('/')))
    .find((path) => path.includes(`/${libraries.light}`));
  const helper = library === undefined ? undefined : helperNamedIn(readFileSync(library));
  if (helper !== undefined) return helper;
  throw new HostError('unavailable', `${libraries.light} does not say where Xen's own save helper is`);
}

/** @param library the octets of libxenlight */
export function helperNamedIn(library: Buffer): string | undefined {
  const name = library.indexOf(NAME, 0, 'latin1');
  if (name === -1) return undefined;
  const path = library.toString('utf8', library.lastIndexOf(0, name) + 1, name + NAME.length - 1);
  return path.startsWith('/') ? path : undefined;
}
