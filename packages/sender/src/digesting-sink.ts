import { crc32 } from 'node:zlib';
import type { Deadline, Interrupt, OctetSink, Timeout } from '@mig/channel';
import { DigestEncoder } from '@mig/protocol';

/**
 * Sink that writes through to another, and knows the CRC-32 of all that it was given: of the octets as they are sent,
 * which a page of a running guest may no longer have a moment later. So it has no descriptor, to which pages could go
 * without a copy: whoever writes pages copies them first.
 */
export class DigestingSink implements OctetSink {
  readonly #encoder = new DigestEncoder();
  readonly #crcOf = (head: Uint8Array): number => crc32(head, this.#crc);
  #crc = 0;
  #covered = 0;
  #digests = 0;

  /** @param sink to which nothing of the stream has been written yet */
  constructor(private readonly sink: OctetSink) {}

  /** Number of DIGEST records written so far. */
  get digests(): number {
    return this.#digests;
  }

  write(octets: Uint8Array): void {
    this.#crc = crc32(octets, this.#crc);
    this.#covered += octets.length;
    this.sink.write(octets);
  }

  /** Writes a DIGEST of all octets so far; call it between two records of a little-endian layer. */
  writeDigest(): void {
    this.write(this.#encoder.encode(this.#covered, this.#crcOf));
    this.#digests++;
  }

  get octets(): number {
    return this.sink.octets;
  }

  get timeout(): Timeout {
    return this.sink.timeout;
  }

  set timeout(timeout: Timeout) {
    this.sink.timeout = timeout;
  }

  get deadline(): Deadline | undefined {
    return this.sink.deadline;
  }

  set deadline(deadline: Deadline | undefined) {
    this.sink.deadline = deadline;
  }

  get interrupt(): Interrupt | undefined {
    return this.sink.interrupt;
  }

  set interrupt(interrupt: Interrupt | undefined) {
    this.sink.interrupt = interrupt;
  }

  get whileWaiting(): ((milliseconds: number) => void) | undefined {
    return this.sink.whileWaiting;
  }

  set whileWaiting(listener: ((milliseconds: number) => void) | undefined) {
    this.sink.whileWaiting = listener;
  }
}
