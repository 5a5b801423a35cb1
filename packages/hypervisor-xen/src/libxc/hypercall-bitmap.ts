import koffi from 'koffi';
import { PAGE_SIZE } from '@mig/protocol';

/** Size of `xc_hypercall_buffer_t`, and the offset of its `ubuf` (tools/include/xenctrl.h). */
const BUFFER_SIZE = 40;
const UBUF = 24;

/**
 * The dirty bitmap that the hypervisor writes: memory of libxenctrl, locked for hypercalls. The pages of a
 * plain buffer might not be resident when the hypervisor writes.
 */
export class HypercallBitmap {
  /** The `xc_hypercall_buffer_t` that calls take. */
  readonly buffer = new DataView(new ArrayBuffer(BUFFER_SIZE));
  readonly hypercallPages: number;
  #words = new Uint32Array(0);

  constructor(readonly pages: number) {
    this.hypercallPages = Math.ceil(pages / 8 / PAGE_SIZE);
    // As in DECLARE_HYPERCALL_BUFFER().
    this.buffer.setBigInt64(UBUF, -1n, true);
  }

  /** Sets the address, once libxenctrl has allocated it. */
  at(address: number): void {
    this.#words = new Uint32Array(koffi.view(BigInt(address), this.hypercallPages * PAGE_SIZE));
  }

  /** Clears the address, once libxenctrl has freed it. */
  gone(): void {
    this.#words = new Uint32Array(0);
  }

  /** Sets in `bitmap` the bits that are set here. */
  addTo(bitmap: Uint32Array): void {
    const words = this.#words;
    const count = Math.min(bitmap.length, words.length);
    for (let i = 0; i < count; i++) bitmap[i]! |= words[i]!;
  }
}
