import { LIBVIRT_MAGIC, type StreamStart } from '@mig/protocol';
import type { OctetSource } from './octet-source.js';

/** Detects the header: libvirt's by its magic, else xl's, which reports any other octets. */
export function startOf(source: OctetSource): StreamStart {
  const octets = source.peek(LIBVIRT_MAGIC.length);
  return octets !== undefined && Buffer.compare(octets, LIBVIRT_MAGIC) === 0 ? 'libvirt' : 'xl';
}
