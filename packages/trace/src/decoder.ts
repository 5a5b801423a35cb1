/**
 * Splits a trace into records as its octets arrive. A fault is a value, not an error: the records that
 * precede it are useful.
 */
import { decodeTraceBody, LENGTH_OCTETS, MAX_TRACE_RECORD } from './codec.js';
import { OctetBuffer } from '@mig/protocol';
import { FieldError } from './fields.js';
import type { TraceRecord } from './kinds.js';

export const TRACE_MAGIC = 'mig trace';
/** Version of the format: see *Versions* in docs/formats.md. */
export const TRACE_VERSION = 1;

/** The reason why a trace is not read further, and the place. */
export interface TraceFault {
  readonly code: 'not-a-trace' | 'unsupported-version' | 'record-too-long' | 'malformed';
  /** Octets from the start to the record at fault. */
  readonly offset: number;
  readonly message: string;
}

/**
 * End of a trace.
 * - `whole`: it ends with a record.
 * - `torn`: it ends in the middle of a record, e.g. since the writer was killed or the disk was full.
 * - `damaged`: something that is no record precedes its end.
 */
export type TraceEnd =
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'torn';
      /** Offset where the last record ended. */
      readonly offset: number;
      /** Octets that follow the last record. */
      readonly octets: number;
    }
  | { readonly kind: 'damaged'; readonly fault: TraceFault };

export class TraceDecoder {
  readonly #buffer = new OctetBuffer();
  #offset = 0;
  #begun = false;
  #fault: TraceFault | undefined;

  /** The fault, if any: nothing is read after it. */
  get fault(): TraceFault | undefined {
    return this.#fault;
  }

  /**
   * Returns the records that `chunk`, of any size, completes, up to a fault. The first record is the header.
   * Throws nothing.
   */
  push(chunk: Uint8Array): TraceRecord[] {
    const records: TraceRecord[] = [];
    if (this.#fault !== undefined) return records;
    this.#buffer.append(chunk);
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#buffer.length < LENGTH_OCTETS + length) return records;
      const record = this.#decode(this.#buffer.take(LENGTH_OCTETS + length).subarray(LENGTH_OCTETS));
      if (record === undefined) return records;
      records.push(record);
      this.#offset += LENGTH_OCTETS + length;
    }
  }

  /** Tells how the trace ends; call it where the octets end. Throws nothing. */
  end(): TraceEnd {
    if (this.#fault !== undefined) return { kind: 'damaged', fault: this.#fault };
    const { length: octets } = this.#buffer;
    return octets === 0 && this.#begun ? { kind: 'whole' } : { kind: 'torn', offset: this.#offset, octets };
  }

  /** Returns the length of the next record, before its octets have arrived. */
  #nextLength(): number | undefined {
    const { octets } = this.#buffer;
    if (octets.length < LENGTH_OCTETS) return undefined;
    const length = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
    // An array of two takes three octets.
    if (length >= 3 && length <= MAX_TRACE_RECORD) return length;
    return this.#wrong(this.#begun ? 'record-too-long' : 'not-a-trace', `a record of ${length} bytes`);
  }

  #decode(body: Uint8Array): TraceRecord | undefined {
    let record: TraceRecord;
    try {
      record = decodeTraceBody(body);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      return this.#wrong(this.#begun ? 'malformed' : 'not-a-trace', error.message);
    }
    return this.#begun ? this.#later(record) : this.#first(record);
  }

  #first(record: TraceRecord): TraceRecord | undefined {
    if (record.type !== 'header' || record.magic !== TRACE_MAGIC)
      return this.#wrong('not-a-trace', 'it does not begin with the header of a trace');
    if (record.version !== TRACE_VERSION) {
      const versions = `a trace of version ${record.version}; this mig reads version ${TRACE_VERSION}`;
      return this.#wrong('unsupported-version', versions);
    }
    this.#begun = true;
    return record;
  }

  #later(record: TraceRecord): TraceRecord | undefined {
    return record.type === 'header' ? this.#wrong('malformed', 'a second header') : record;
  }

  #wrong(code: TraceFault['code'], message: string): undefined {
    this.#fault = { code, offset: this.#offset, message };
  }
}
