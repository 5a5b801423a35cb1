/**
 * The part of the image decoder that reads a PAGE_DATA record: count and words; the driver consumes the
 * octets of the pages.
 */
import type { RecordPlace } from '../errors.js';
import { paddedLength, readOpaque } from '../layer/framing.js';
import type { ImageState } from './image-kind.js';
import { type Judge, reservedFault } from '../layer/judge.js';
import { PAGE_SIZE } from '../limits.js';
import { isZero, OctetReader, type ByteOrder } from '../octets/octets.js';
import { countPages, PAGE_DATA_FIXED_LENGTH } from './page-data.js';
import { hasPageData } from './page-type.js';
import { PageWords } from './pfn-list.js';
import type { MalformedRecord } from '../layer/records.js';
import { SeenPfns } from './seen-pfns.js';

/**
 * The head of a PAGE_DATA record. `present` x 4096 octets follow, in order, for the types that have page
 * data.
 */
export interface PagesEvent {
  readonly kind: 'pages';
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly count: number;
  /** Page frame numbers, the first `count` of the array, which is reused: valid until the next `give`. */
  readonly pfns: Float64Array;
  /** The PageType of each pfn, in an array that is reused: valid until the next `give`. */
  readonly types: Uint8Array;
  /** Number of pages whose octets follow. */
  readonly present: number;
  /** The four reserved octets after the count, unless all zero. */
  readonly reserved?: Uint8Array;
  /** Bits 59 to 52 of each word, unless all zero. */
  readonly reservedBits?: Uint8Array;
}

/** Copies an event's lists, so that they stay valid when the decoder goes on. */
export function copyPages<E extends PagesEvent>(event: E): E {
  const bits = event.reservedBits === undefined ? {} : { reservedBits: event.reservedBits.slice() };
  return { ...event, pfns: event.pfns.slice(), types: event.types.slice(), ...bits };
}

interface MalformedPages {
  readonly kind: 'record';
  readonly record: MalformedRecord;
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

interface PageDataPlace {
  readonly offset: number;
  readonly record: RecordPlace;
}

const SPECIFICATION = 'libxc specification, "PAGE_DATA"';

export class PageDataReader {
  wants = 0;
  pageOctets = 0;
  #step: 'count' | 'words' | 'malformed' = 'count';
  #place: PageDataPlace = { offset: 0, record: { index: 0, type: 1, name: 'PAGE_DATA' } };
  #length = 0;
  #order: ByteOrder = 'little-endian';
  #guest: ImageState | undefined;
  #fixed = new Uint8Array(PAGE_DATA_FIXED_LENGTH);
  /** Octets consumed of a malformed record, kept to show the whole record. */
  #consumed = new Uint8Array(0);
  #saidAgain = false;
  readonly #words = new PageWords();
  readonly #seen = new SeenPfns();
  readonly #judge: Judge;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** Begins a record. Returns false if its body is too short for a count; that has then been judged. */
  start(place: PageDataPlace, length: number, order: ByteOrder, guest: ImageState): boolean {
    this.#place = place;
    this.#length = length;
    this.#order = order;
    this.#guest = guest;
    this.#step = 'count';
    this.#consumed = new Uint8Array(0);
    this.wants = PAGE_DATA_FIXED_LENGTH;
    if (length < PAGE_DATA_FIXED_LENGTH) {
      this.#fault(
        'bad-length',
        'body_length',
        `a body of ${length} bytes, at least ${PAGE_DATA_FIXED_LENGTH} are due`,
      );
      return false;
    }
    return true;
  }

  give(octets: Uint8Array): PagesEvent | MalformedPages | undefined {
    if (this.#step === 'count') return this.#count(octets);
    if (this.#step === 'words') return this.#pfns(octets);
    return this.#malformed(octets);
  }

  taken(octets: number): void {
    if (!(octets >= 0 && octets <= this.pageOctets)) {
      throw new RangeError(`${octets} bytes of pages taken, there are ${this.pageOctets}`);
    }
    this.pageOctets -= octets;
  }

  #count(octets: Uint8Array): MalformedPages | undefined {
    const count = new OctetReader(octets, this.#order).u32('count');
    this.#fixed = new Uint8Array(octets);
    if (count === 0 || PAGE_DATA_FIXED_LENGTH + count * 8 > this.#length) {
      const message = `count is ${count} in a body of ${this.#length} bytes`;
      this.#fault('bad-count', 'count', message);
      return this.#giveUp(octets);
    }
    this.#step = 'words';
    this.wants = count * 8;
    return undefined;
  }

  #pfns(octets: Uint8Array): PagesEvent | MalformedPages | undefined {
    const words = this.#words;
    const count = words.read(octets, this.#order === 'little-endian');
    const present = countPages(words.types, count);
    if (present < 0) {
      const i = -1 - present;
      this.#fault('bad-page-type', `pfns[${i}]`, `page type ${words.types[i]} is reserved`);
      return this.#giveUp(this.#fixed, octets);
    }
    const due = PAGE_DATA_FIXED_LENGTH + count * 8 + present * PAGE_SIZE;
    if (due !== this.#length) {
      const message = `a body of ${this.#length} bytes, where ${count} pfns and ${present} pages make ${due}`;
      this.#fault('bad-length', 'body_length', message);
      return this.#giveUp(this.#fixed, octets);
    }
    this.#checkPfns(count);
    this.pageOctets = present * PAGE_SIZE;
    this.wants = 0;
    const reserved = this.#fixed.subarray(4);
    const odd = isZero(reserved) ? {} : { reserved };
    const bits = words.anyReserved ? { reservedBits: words.reserved.subarray(0, count) } : {};
    if ('reserved' in odd) this.#judge.judge(reservedFault('reserved'), this.#place);
    if (words.anyReserved) this.#judge.judge(reservedFault('bits 59 to 52 of a pfn'), this.#place);
    return {
      kind: 'pages',
      index: this.#place.record.index,
      offset: this.#place.offset,
      length: this.#length,
      count,
      pfns: words.pfns.subarray(0, count),
      types: words.types.subarray(0, count),
      present,
      ...odd,
      ...bits,
    };
  }

  #checkPfns(count: number): void {
    const { pfns, types } = this.#words;
    if (this.#guest?.guest === 'x86-pv') {
      const last = this.#guest.lastPfn;
      for (let i = 0; i < count; i++) {
        const pfn = pfns[i] ?? 0;
        if (pfn <= last) continue;
        this.#fault('bad-value', `pfns[${i}]`, `pfn ${pfn} is beyond the end of the p2m, ${last}`);
        break;
      }
    }
    if (!this.#judge.verifying) return;
    for (let i = 0; i < count; i++) {
      if (!hasPageData(types[i] ?? 0) || !this.#seen.add(pfns[i] ?? 0) || this.#saidAgain) continue;
      // Reported once: a live migration has thousands.
      this.#saidAgain = true;
      const message = `pfn ${pfns[i]} comes again, and others may`;
      this.#judge.judge({ tolerated: 'page-sent-again', message }, this.#place);
    }
  }

  #fault(
    code: 'bad-length' | 'bad-count' | 'bad-value' | 'bad-page-type',
    field: string,
    message: string,
  ): void {
    this.#judge.judge({ code, refused: true, field, message, specification: SPECIFICATION }, this.#place);
  }

  /** Skips the rest of the record by its length; reached only when verifying. */
  #giveUp(...consumed: Uint8Array[]): MalformedPages | undefined {
    this.#consumed = concat(consumed);
    this.#step = 'malformed';
    this.wants = paddedLength(this.#length) - this.#consumed.length;
    return this.wants === 0 ? this.#malformed(new Uint8Array(0)) : undefined;
  }

  #malformed(octets: Uint8Array): MalformedPages {
    const body = concat([this.#consumed, octets]);
    this.wants = 0;
    const record = readOpaque('malformed', this.#place.record.type, body, this.#length);
    return {
      kind: 'record',
      record,
      index: this.#place.record.index,
      offset: this.#place.offset,
      length: this.#length,
    };
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
