import { MemorySink, MemorySource } from '@mig/channel';
import { ImageDecoder, type ImageEvent, PAGE_SIZE, PageType, pull } from '@mig/protocol';
import { allExtensionFeatures } from '@mig/protocol/handshake';
import { versionsInFrame } from './model-compressor.js';

/** An output into memory, read back as events; a page's octets carry its version. */
export class Recording {
  readonly output = new MemorySink({ subject: 'the recording' });

  /** Returns what was recorded, from the start: all of it, or the first `length` octets. */
  input(length = this.output.octets): MemorySource {
    return new MemorySource(this.output.contents().subarray(0, length), { subject: 'the recording' });
  }

  /** The events in order; `versions` receives the version of each page as it was last sent. */
  events(versions: Uint32Array): ImageEvent[] {
    const decoder = new ImageDecoder({ features: allExtensionFeatures });
    const events: ImageEvent[] = [];
    const input = this.input();
    for (const event of pull(decoder, (count) => input.read(count))) {
      if (event.kind === 'pages') {
        for (let i = 0; i < event.count; i++) {
          if (event.types[i] !== PageType.NOTAB) continue;
          versions[event.pfns[i]!] = new DataView(input.read(PAGE_SIZE).buffer).getUint32(0, true);
          decoder.pagesTaken(PAGE_SIZE);
        }
      }
      if (event.kind === 'record' && event.record.type === 'ZERO_PAGES') {
        const { pfns, pages } = event.record;
        pfns.forEach((pfn, i) => versions.fill(0, pfn, pfn + pages[i]!));
      }
      if (event.kind === 'record' && event.record.type === 'ZSTD_PAGES') {
        const sent = versionsInFrame(event.record.frame);
        event.record.pfns.forEach((pfn, i) => (versions[pfn] = sent[i]!));
      }
      events.push(event);
    }
    if (input.octets !== this.output.octets) throw new Error('bytes after END');
    return events;
  }
}
