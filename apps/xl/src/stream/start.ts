import { LIBVIRT_MAGIC, type StreamStart } from '@mig/protocol';
import type { OctetSource } from './octet-source.js';

/** The header that octets begin with: libvirt's where its magic is there; else xl's, or what is there in its place is said. */
export function startOf(source: OctetSource): StreamStart {
  const octets = source.peek(LIBVIRT_MAGIC.length);
  return octets !== undefined && Buffer.compare(octets, LIBVIRT_MAGIC) === 0 ? 'libvirt' : 'xl';
}
