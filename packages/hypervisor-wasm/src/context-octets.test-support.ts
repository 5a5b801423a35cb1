/** Octets in the place of a vCPU's state, of whatever is in them. */
import { pack } from 'msgpackr';

export function contextOctets(value: unknown): Uint8Array {
  return pack(value);
}
