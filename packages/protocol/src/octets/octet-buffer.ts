/** A buffer for octets that have arrived and are not used yet. */
const NONE = new Uint8Array(0);
const FIRST = 4096;

/** A queue of octets. Its memory grows as they arrive, never by an announced length. */
export class OctetBuffer {
  #octets: Uint8Array;
  #start = 0;
  #end = 0;

  /** @param capacity octets for which it has room at first */
  constructor(capacity = 0) {
    this.#octets = capacity === 0 ? NONE : new Uint8Array(capacity);
  }

  /** Number of octets in the queue. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** All octets in the queue, as a view that is valid until more arrive. */
  get octets(): Uint8Array {
    return this.#octets.subarray(this.#start, this.#end);
  }

  /**
   * Adds octets.
   * @param most the most octets that it will ever hold, if known: it makes no room for more
   */
  append(octets: Uint8Array, most = Infinity): void {
    if (this.#end + octets.length > this.#octets.length) this.#makeRoom(octets.length, most);
    this.#octets.set(octets, this.#end);
    this.#end += octets.length;
  }

  /**
   * Returns room behind the queue for a source to read into; call `arrived` afterwards.
   * @param wanted octets of room: the result may be larger or smaller, but not empty
   * @param most as for `append`
   */
  room(wanted: number, most = Infinity): Uint8Array {
    const left = this.#octets.length - this.#end;
    if (left === 0 || (left < wanted && this.#start > 0)) this.#makeRoom(1, most);
    return this.#octets.subarray(this.#end, this.#end + wanted);
  }

  /** Adds the first `count` octets of the room, which a source has read, to the queue. */
  arrived(count: number): void {
    this.#end += count;
  }

  /** Takes the first `count` octets, or all if there are fewer, as a view that is valid until more arrive. */
  take(count: number): Uint8Array {
    const octets = this.#octets.subarray(this.#start, Math.min(this.#end, this.#start + count));
    this.#start += octets.length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return octets;
  }

  /** Leaves the memory to the views on it, so that they stay valid. */
  release(): void {
    this.#octets = NONE;
    this.#start = this.#end = 0;
  }

  /**
   * Moves the queue to the front of the memory; if that leaves less than `count` octets, doubles the memory.
   */
  #makeRoom(count: number, most: number): void {
    const length = this.length + count;
    if (length <= this.#octets.length) this.#octets.copyWithin(0, this.#start, this.#end);
    else {
      const doubled = Math.max(FIRST, this.#octets.length * 2);
      const larger = new Uint8Array(Math.max(length, Math.min(doubled, most)));
      larger.set(this.octets);
      this.#octets = larger;
    }
    this.#end -= this.#start;
    this.#start = 0;
  }
}
