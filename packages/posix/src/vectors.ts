/**
 * Transfers between memory, given by its addresses, and any channel: directly if it is a descriptor, else
 * copied through JavaScript.
 */
import type { OctetSink, OctetSource, Pipe } from '@mig/channel';
import type { Iovec } from './iovec.js';
import { call } from './libc.js';

/** Most octets that are copied at once. */
const PIECE = 1 << 18;

let scratch: Uint8Array | undefined;

/** Writes all ranges of the iovec, and empties it. @throws what the sink throws */
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
 * Fills all ranges of the iovec, and empties it.
 * @param through see SourceDescriptor
 * @throws EndOfInputError if the source ends before; what the source throws
 */
export function readVector(source: OctetSource, iovec: Iovec, through?: Pipe): void {
  if (source.descriptor !== undefined) {
    source.descriptor.readv(iovec, through);
    return;
  }
  const piece = (scratch ??= new Uint8Array(PIECE));
  while (iovec.count > 0) {
    const filled = Math.min(iovec.octets, PIECE);
    source.fill(piece.subarray(0, filled), iovec.octets);
    for (let at = 0; at < filled;) {
      const length = Math.min(iovec.length, filled - at);
      call('copyIn', 'memory', iovec.address, piece.subarray(at), length);
      iovec.take(length);
      at += length;
    }
  }
}
