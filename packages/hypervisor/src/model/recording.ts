import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createMemoryFile, Input, Output } from '@mig/posix';
import { ImageDecoder, type ImageEvent, PAGE_SIZE, PageType } from '@mig/protocol';

/** An output into memory, read back as events; a page's octets as the version they carry. */
export class Recording {
  readonly #fd = createMemoryFile('stream', 0);
  readonly output = new Output(this.#fd, { subject: 'the recording' });

  /** What was recorded, from the start; only the first `length` octets where that is given. */
  input(length = this.output.octets): Input {
    const copy = createMemoryFile('part of the stream', 0);
    copyOctets(this.#fd, copy, length);
    const input = new Input(openSync(`/proc/self/fd/${copy}`, 'r'), { subject: 'the recording' });
    closeSync(copy);
    return input;
  }

  /** The events in order; `versions` receives the version of each page as it was last sent. */
  events(versions: Uint32Array): ImageEvent[] {
    const decoder = new ImageDecoder();
    const events: ImageEvent[] = [];
    let at = 0;
    const take = (length: number): Uint8Array => {
      const octets = new Uint8Array(length);
      at += readSync(this.#fd, octets, 0, length, at);
      return octets;
    };
    while (!decoder.finished) {
      const event = decoder.give(take(decoder.wants));
      if (event === undefined) continue;
      if (event.kind === 'pages') {
        for (let i = 0; i < event.count; i++) {
          if (event.types[i] !== PageType.NOTAB) continue;
          versions[event.pfns[i]!] = new DataView(take(PAGE_SIZE).buffer).getUint32(0, true);
          decoder.pagesTaken(PAGE_SIZE);
        }
      }
      events.push(event);
    }
    if (at !== fstatSync(this.#fd).size) throw new Error('octets after END');
    return events;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function copyOctets(from: number, to: number, length: number): void {
  const octets = new Uint8Array(1 << 20);
  for (let at = 0; at < length;) {
    const read = readSync(from, octets, 0, Math.min(octets.length, length - at), at);
    at += writeSync(to, octets, 0, read, at);
  }
}
