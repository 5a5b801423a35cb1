import { crc32 } from 'node:zlib';
import type { Deadline, Interrupt, OctetSource, Timeout } from '@mig/channel';
import type { CheckedRecord, DigestCheck } from '@mig/hypervisor';
import { DIGEST_LENGTH, DIGEST_NUMBER, DIGEST_RESIDUE, StreamError } from '@mig/protocol';

const SPECIFICATION = 'docs/extension.md, "DIGEST"';

/**
 * Source that reads through from another, and checks the DIGEST records of what it gives: the CRC-32 is that of the
 * octets as they arrive. So it has no descriptor, from which pages could go into place unseen.
 */
export class DigestingSource implements OctetSource, DigestCheck {
  #crc = 0;
  readonly #start: number;
  /** Octets of the source up to the end of the last DIGEST. */
  #checkedTo: number;
  #digests = 0;

  /** @param source of which nothing of the stream has been read yet */
  constructor(private readonly source: OctetSource) {
    this.#start = this.#checkedTo = source.octets;
  }

  /** Number of DIGEST records that were checked so far. */
  get digests(): number {
    return this.#digests;
  }

  /** @throws StreamError if the octets so far are not those that were sent, or an END is not preceded by a DIGEST */
  check({ layer, record, index, offset }: CheckedRecord): void {
    const from = this.#checkedTo;
    const fail = (code: 'bad-digest' | 'out-of-order', message: string, field?: string): never => {
      const name = record.type;
      const type = name === 'DIGEST' ? DIGEST_NUMBER : 0;
      const place = { layer, offset, record: { index, type, name }, field, specification: SPECIFICATION };
      throw new StreamError(code, message, place);
    };
    if (record.type === 'END') {
      const past = `the last one ends at byte ${from}`;
      if (offset !== from) fail('out-of-order', `no DIGEST right before the end; ${past}`);
      return;
    }
    if (this.#crc !== DIGEST_RESIDUE) {
      const between = `bytes ${from} to ${this.octets - 1}`;
      fail('bad-digest', `the stream was changed on its way: the checksum of ${between} differs`, 'crc');
    }
    const arrived = this.octets - DIGEST_LENGTH - this.#start;
    if (record.octets !== arrived) {
      const lost = `${record.octets} bytes were sent before this record, and ${arrived} have arrived`;
      fail('bad-digest', `the stream was changed on its way: ${lost}`, 'octets');
    }
    this.#checkedTo = this.octets;
    this.#digests++;
  }

  readSome(target: Uint8Array): number {
    const moved = this.source.readSome(target);
    this.#took(target.subarray(0, moved));
    return moved;
  }

  hasArrived(): boolean {
    return this.source.hasArrived?.() ?? false;
  }

  fill(target: Uint8Array, due = target.length): void {
    this.source.fill(target, due);
    this.#took(target);
  }

  read(length: number): Uint8Array {
    const octets = this.source.read(length);
    this.#took(octets);
    return octets;
  }

  #took(octets: Uint8Array): void {
    this.#crc = crc32(octets, this.#crc);
  }

  get octets(): number {
    return this.source.octets;
  }

  get timeout(): Timeout {
    return this.source.timeout;
  }

  set timeout(timeout: Timeout) {
    this.source.timeout = timeout;
  }

  get deadline(): Deadline | undefined {
    return this.source.deadline;
  }

  set deadline(deadline: Deadline | undefined) {
    this.source.deadline = deadline;
  }

  get interrupt(): Interrupt | undefined {
    return this.source.interrupt;
  }

  set interrupt(interrupt: Interrupt | undefined) {
    this.source.interrupt = interrupt;
  }

  get whileWaiting(): ((milliseconds: number) => void) | undefined {
    return this.source.whileWaiting;
  }

  set whileWaiting(listener: ((milliseconds: number) => void) | undefined) {
    this.source.whileWaiting = listener;
  }
}
