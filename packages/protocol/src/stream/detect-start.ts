/** Detects which header a stream begins with: the four magics differ within their first octets. */
import { IMAGE_MARKER } from '../image/image-header.js';
import { LIBVIRT_MAGIC } from '../libvirt/libvirt-header.js';
import { LIBXL_MAGIC } from '../libxl/libxl-header.js';
import { equal } from '../octets/octets.js';
import { XL_MAGIC } from '../xl/xl-header.js';

/** The header that a stream begins with: xl's, libvirt's, libxl's, or the image's (libxc). */
export type StreamStart = 'xl' | 'libvirt' | 'libxl' | 'libxc';

/** Octets that `detectStart` needs: the shortest magic. */
export const START_LENGTH = 8;

const magics: readonly (readonly [start: StreamStart, magic: Uint8Array])[] = [
  ['xl', XL_MAGIC],
  ['libvirt', LIBVIRT_MAGIC],
  ['libxl', LIBXL_MAGIC],
  ['libxc', IMAGE_MARKER],
];

/**
 * Detects which header a stream begins with by its first START_LENGTH octets; undefined if no magic fits or
 * there are fewer octets. The header's own decoder checks the rest of the magic.
 */
export function detectStart(octets: Uint8Array): StreamStart | undefined {
  const first = octets.subarray(0, START_LENGTH);
  return magics.find(([, magic]) => equal(first, magic.subarray(0, START_LENGTH)))?.[0];
}
