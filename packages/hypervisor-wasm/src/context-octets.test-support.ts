/** Octets in the place of a vCPU's state, made of any values. */
import { pack } from 'msgpackr';

export function contextOctets(value: unknown): Uint8Array {
  return pack(value);
}
