import koffi from 'koffi';
import { PAGE_SIZE } from '@mig/protocol';

/** `sizeof(xc_hypercall_buffer_t)`, and where its `ubuf` is (tools/include/xenctrl.h). */
const BUFFER_SIZE = 40;
const UBUF = 24;

/**
 * The dirty bitmap where the hypervisor writes it: memory of libxenctrl's, locked for hypercalls. A plain buffer would
 * not do, since its pages may not be resident when the hypervisor writes.
 */
export class HypercallBitmap {
  /** The `xc_hypercall_buffer_t` that calls take. */
  readonly buffer = new DataView(new ArrayBuffer(BUFFER_SIZE));
  readonly hypercallPages: number;
  #words = new Uint32Array(0);

  constructor(readonly pages: number) {
    this.hypercallPages = Math.ceil(pages / 8 / PAGE_SIZE);
    // As DECLARE_HYPERCALL_BUFFER() has it.
    this.buffer.setBigInt64(UBUF, -1n, true);
  }

  /** Once libxenctrl has allocated it. */
  at(address: number): void {
    this.#words = new Uint32Array(koffi.view(BigInt(address), this.hypercallPages * PAGE_SIZE));
  }

  /** Once libxenctrl has freed it. */
  gone(): void {
    this.#words = new Uint32Array(0);
  }

  /** Sets in `bitmap` what is set here. */
  addTo(bitmap: Uint32Array): void {
    const words = this.#words;
    const count = Math.min(bitmap.length, words.length);
    for (let i = 0; i < count; i++) bitmap[i]! |= words[i]!;
  }
}
