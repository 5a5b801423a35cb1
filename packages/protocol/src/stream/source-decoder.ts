/**
 * Pulling decoder of what a source sends: the xl header, the libxl stream with the image in it, and
 * permission to go.
 */
import { StreamError } from '../errors.js';
import { StreamDecoder, type StreamDecoderOptions, type StreamEvent } from './stream-decoder.js';

/**
 * Decodes everything that the source of a migration sends: a StreamDecoder that takes no stream without
 * permission to go for whole. Before that permission the target may not run the domain.
 */
export class SourceDecoder extends StreamDecoder {
  #permitted = false;

  /** @throws TypeError when told to verify without `onDeviation` */
  constructor(options: Omit<StreamDecoderOptions, 'start' | 'permission'> = {}) {
    super({ ...options, start: 'xl', permission: true });
  }

  /** True once permission to go has arrived. */
  override get finished(): boolean {
    return this.#permitted;
  }

  override give(octets: Uint8Array): StreamEvent | undefined {
    const event = super.give(octets);
    if (event?.kind === 'permission') this.#permitted = true;
    return event;
  }

  override end(left = 0): void {
    if (this.#permitted || !super.finished) return super.end(left);
    const specification = 'tools/xl/xl.h: migrate_permission_to_go';
    const details = { layer: 'handshake', offset: this.offset, field: 'permission', specification } as const;
    throw new StreamError('truncated', 'the source ends before its permission to go', details);
  }
}
