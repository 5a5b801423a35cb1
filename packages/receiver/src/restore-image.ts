/**
 * Restores a libxc image into a domain's memory: the receiving half of @mig/sender's saveImage, and of Xen's.
 * Page octets go straight into place if the source is a descriptor; everything else goes through the pulling
 * decoder.
 */
import type { OctetSource } from '@mig/channel';
import { type DigestCheck, HostError, type IncomingMemory, type RestoreEvent } from '@mig/hypervisor';
import {
  type DomainHeader,
  extensionKinds,
  ImageDecoder,
  imageKinds,
  type ImageRecord,
  MAX_BATCH_SIZE,
  PAGE_SIZE,
  type PagesEvent,
  StreamError,
  TYPES_WITH_DATA,
  type ZeroPagesRecord,
  type ZstdPagesRecord,
} from '@mig/protocol';
import type { ExtensionFeatures } from '@mig/protocol/handshake';
import { ComparisonError } from './errors.js';
import { IncomingPasses } from './incoming-passes.js';
import { orTruncated, pullFrom } from './pull.js';

export interface RestoreImageOptions {
  /** Octets of the stream that precede the image: errors count from the stream's start. */
  readonly offset?: number;
  readonly onEvent?: ((event: RestoreEvent) => void) | undefined;
  /** The features of mig's extension that were offered to the source; default: none. */
  readonly features?: ExtensionFeatures | undefined;
  /** The check of digests: see RestoreOptions. */
  readonly digest?: DigestCheck | undefined;
}

export interface RestoreReport {
  /** Octets of the image. */
  readonly octets: number;
  /** Pages put in place, counted again if sent again. */
  readonly pages: number;
}

/**
 * Octets of the buffer: room for the pfns of several batches. An image has a list of pfns per batch, and
 * allocating each would be expensive.
 */
const SCRATCH = 1 << 16;
/** Octets of the buffer where pages may come compressed: room for the longest record of them. */
const ZSTD_SCRATCH = extensionKinds.ZSTD_PAGES.kind.body.maximum + 8;

/**
 * Reads from the image header to END, and not an octet more.
 * @throws StreamError if the image breaks the format or stops short, ComparisonError if a VERIFY pass found
 * pages that differ; whatever the memory throws
 */
export function restoreImage(
  memory: IncomingMemory,
  input: OctetSource,
  options: RestoreImageOptions = {},
): RestoreReport {
  const { offset = 0, onEvent, features, digest } = options;
  const passes = onEvent && new IncomingPasses(onEvent);
  const decoder = new ImageDecoder({ offset, features });
  const scratch = new Uint8Array(features?.has('zstd') === true ? ZSTD_SCRATCH : SCRATCH);
  const pages = new PageReader(memory, input);
  let verifying = false;
  let differing = 0;
  let staticDataEnded = false;
  const endStaticData = () => {
    if (!staticDataEnded) memory.staticDataEnd();
    staticDataEnded = true;
  };
  for (const event of pullFrom(decoder, input, scratch)) {
    switch (event.kind) {
      case 'image-header':
        break;
      case 'domain-header':
        memory.expect(event.header);
        onEvent?.({ kind: 'image-started', domain: domainIn(event.header) });
        break;
      case 'pages': {
        endStaticData();
        passes?.begin(event.pfns[0]!, event.pfns[event.count - 1]!, verifying);
        differing += orTruncated(decoder, () => (verifying ? pages.compare(event) : pages.read(event)));
        const present = decoder.pageOctets / PAGE_SIZE;
        decoder.pagesTaken(decoder.pageOctets);
        passes?.took(present, decoder.offset - event.offset);
        break;
      }
      case 'record':
        if (event.record.type === 'ZERO_PAGES') {
          endStaticData();
          passes?.beginZeros(event.record.pfns[0]!, event.record.pfns.at(-1)!);
          zeroPages(memory, event.record, event);
          passes?.took(0, decoder.offset - event.offset);
          break;
        }
        if (event.record.type === 'ZSTD_PAGES') {
          endStaticData();
          const { pfns } = event.record;
          passes?.begin(pfns[0]!, pfns.at(-1)!, false);
          zstdPages(memory, event.record, event);
          pages.count += pfns.length;
          passes?.took(pfns.length, decoder.offset - event.offset);
          break;
        }
        if (event.record.type === 'DIGEST' || event.record.type === 'END') {
          digest?.check({ ...event, layer: 'libxc', record: event.record });
          if (event.record.type === 'DIGEST') break;
        }
        passes?.end();
        if (event.record.type === 'VERIFY') verifying = true;
        else if (event.record.type === 'STATIC_DATA_END') endStaticData();
        else if (!isMarker(event.record)) {
          memory.apply(event.record);
          onEvent?.({ kind: 'record-applied', type: event.record.type });
        }
    }
  }
  if (differing > 0) throw new ComparisonError(differing);
  const report = { octets: decoder.offset - offset, pages: pages.count };
  onEvent?.({ kind: 'image-finished', ...report });
  return report;
}

function domainIn({ type, xenMajor, xenMinor }: DomainHeader) {
  return { type, xenMajor, xenMinor };
}

function zeroPages(memory: IncomingMemory, record: ZeroPagesRecord, place: RecordInStream): void {
  if (memory.zeroPages === undefined)
    throw new Error('zero-pages was offered for a memory that cannot take them');
  try {
    memory.zeroPages(record);
  } catch (error) {
    throw refusedIn(place, { type: extensionKinds.ZERO_PAGES.kind.number, name: record.type }, error);
  }
}

function zstdPages(memory: IncomingMemory, record: ZstdPagesRecord, place: RecordInStream): void {
  if (memory.zstdPages === undefined) throw new Error('zstd was offered for a memory that cannot take it');
  const { pfns, types } = record;
  try {
    memory.populate(pfns, types, pfns.length);
    memory.zstdPages(record);
  } catch (error) {
    throw refusedIn(place, { type: extensionKinds.ZSTD_PAGES.kind.number, name: record.type }, error);
  }
}

function isMarker({ type }: ImageRecord): boolean {
  return type === 'END' || type === 'optional';
}

type RecordInStream = Pick<PagesEvent, 'index' | 'offset'>;

const PAGE_DATA = { type: imageKinds.PAGE_DATA.number, name: 'PAGE_DATA' };

/** Reader of the pages of one PAGE_DATA record after another; it allocates nothing for them. */
class PageReader {
  count = 0;
  #present = new Float64Array(MAX_BATCH_SIZE);

  constructor(
    private readonly memory: IncomingMemory,
    private readonly input: OctetSource,
  ) {}

  /** Reads the pages into place. @returns 0: no page can differ */
  read(event: PagesEvent): 0 {
    try {
      this.memory.populate(event.pfns, event.types, event.count);
    } catch (error) {
      throw refusedIn(event, PAGE_DATA, error);
    }
    const present = this.#collect(event);
    if (present > 0) this.memory.readPages(this.input, this.#present, present);
    this.count += present;
    return 0;
  }

  compare(event: PagesEvent): number {
    const present = this.#collect(event);
    if (present === 0) return 0;
    try {
      return this.memory.comparePages(this.input, this.#present, present);
    } catch (error) {
      throw refusedIn(event, PAGE_DATA, error);
    }
  }

  /** Puts the pfns whose octets follow into #present. @returns their number */
  #collect({ pfns, types, count }: PagesEvent): number {
    if (count > this.#present.length) this.#present = new Float64Array(count);
    let present = 0;
    for (let i = 0; i < count; i++) {
      this.#present[present] = pfns[i]!;
      present += TYPES_WITH_DATA[types[i]!]!;
    }
    return present;
  }
}

/** Makes an error of the stream, with its place, from what a memory refuses of a record. */
function refusedIn(
  { index, offset }: RecordInStream,
  { type, name }: { readonly type: number; readonly name: string },
  error: unknown,
): unknown {
  if (!(error instanceof HostError) || error.code !== 'bad-guest') return error;
  const record = { index, type, name };
  return new StreamError('bad-value', error.message, {
    layer: 'libxc',
    offset,
    record,
    field: error.cause === undefined ? 'pfn' : 'frame',
    cause: error,
  });
}
