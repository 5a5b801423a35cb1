/** Memory by its addresses, to and from any channel: at once where it is a descriptor, else copied through JavaScript. */
import type { OctetSink, OctetSource, Pipe } from '@mig/channel';
import type { Iovec } from './iovec.js';
import { call } from './libc.js';

/** Octets that are copied at once. */
const PIECE = 1 << 18;

let scratch: Uint8Array | undefined;

/** Writes, and empties, all that the iovec holds. @throws what the sink does */
export function writeVector(sink: OctetSink, iovec: Iovec): void {
  if (sink.descriptor !== undefined) {
    sink.descriptor.writev(iovec);
    return;
  }
  const piece = (scratch ??= new Uint8Array(PIECE));
  while (iovec.count > 0) {
    let filled = 0;
    while (iovec.count > 0 && filled < PIECE) {
      const length = Math.min(iovec.length, PIECE - filled);
      call('copyOut', 'memory', piece.subarray(filled), iovec.address, length);
      iovec.take(length);
      filled += length;
    }
    sink.write(piece.subarray(0, filled));
  }
}

/**
 * Fills, and empties, all that the iovec holds.
 * @param through see SourceDescriptor
 * @throws EndOfInputError when the source ends before; what the source does
 */
export function readVector(source: OctetSource, iovec: Iovec, through?: Pipe): void {
  if (source.descriptor !== undefined) {
    source.descriptor.readv(iovec, through);
    return;
  }
  const piece = (scratch ??= new Uint8Array(PIECE));
  while (iovec.count > 0) {
    const length = Math.min(iovec.length, PIECE);
    const octets = piece.subarray(0, length);
    source.fill(octets, iovec.octets);
    call('copyIn', 'memory', iovec.address, octets, length);
    iovec.take(length);
  }
}
