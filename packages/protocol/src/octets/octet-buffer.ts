/** Octets that have arrived and are not used yet. */
const NONE = new Uint8Array(0);
const FIRST = 4096;

/** A queue of octets. Its memory grows as they arrive, never by what a length announces. */
export class OctetBuffer {
  #octets: Uint8Array;
  #start = 0;
  #end = 0;

  /** @param capacity octets that it has room for at first */
  constructor(capacity = 0) {
    this.#octets = capacity === 0 ? NONE : new Uint8Array(capacity);
  }

  /** Octets that are there. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** All that are there, as a view that is valid until more arrive. */
  get octets(): Uint8Array {
    return this.#octets.subarray(this.#start, this.#end);
  }

  /** @param most octets that it will hold at a time, where that is known: no room is made for more */
  append(octets: Uint8Array, most = Infinity): void {
    if (this.#end + octets.length > this.#octets.length) this.#makeRoom(octets.length, most);
    this.#octets.set(octets, this.#end);
    this.#end += octets.length;
  }

  /**
   * Gives room behind what is there, for a source to read into, which `arrived` has to follow.
   * @param wanted octets of room: as many or fewer are given, at least one
   * @param most as for `append`
   */
  room(wanted: number, most = Infinity): Uint8Array {
    const left = this.#octets.length - this.#end;
    if (left === 0 || (left < wanted && this.#start > 0)) this.#makeRoom(1, most);
    return this.#octets.subarray(this.#end, this.#end + wanted);
  }

  /** So many octets have been read into the room. */
  arrived(count: number): void {
    this.#end += count;
  }

  /** The first `count` octets, at most those that are there, as a view that is valid until more arrive. */
  take(count: number): Uint8Array {
    const octets = this.#octets.subarray(this.#start, Math.min(this.#end, this.#start + count));
    this.#start += octets.length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return octets;
  }

  /** Leaves its memory to the views on it: they stay valid. */
  release(): void {
    this.#octets = NONE;
    this.#start = this.#end = 0;
  }

  /** Moves what is there to the front; where that does not leave `count` octets, it doubles. */
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
