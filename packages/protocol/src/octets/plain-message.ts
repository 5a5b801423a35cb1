/**
 * Checks MessagePack before it is unpacked, so that damaged or hostile octets cost no memory: a library would
 * believe any count, and make objects of extensions.
 */

export interface MessageLimits {
  /** Deepest nesting of arrays and maps. */
  readonly depth: number;
  /** Most values in total, including the keys of maps: one octet may become a JavaScript object. */
  readonly values: number;
  /** Most octets of all texts together. */
  readonly text: number;
}

/**
 * Tells whether `octets` are one value of nil, booleans, numbers, texts, octets, arrays and maps, within
 * limits.
 */
export function isPlainMessage(octets: Uint8Array, limits: MessageLimits): boolean {
  const end = new Walk(octets, limits).value(0, 0);
  return end === octets.length;
}

class Walk {
  readonly #view: DataView;
  readonly #depth: number;
  #values: number;
  #text: number;

  constructor(
    private readonly octets: Uint8Array,
    { depth, values, text }: MessageLimits,
  ) {
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    this.#depth = depth;
    this.#values = values;
    this.#text = text;
  }

  /**
   * Checks a value.
   * @returns where the value at `at` ends; -1 if it is illegal, cut short, or beyond a limit
   */
  value(at: number, depth: number): number {
    const first = this.octets[at];
    if (first === undefined || depth > this.#depth || --this.#values < 0) return -1;
    if (first <= 0x7f || first >= 0xe0) return at + 1;
    if (first <= 0x8f) return this.#all(at + 1, (first & 0xf) * 2, depth);
    if (first <= 0x9f) return this.#all(at + 1, first & 0xf, depth);
    if (first <= 0xbf) return this.#skipText(at + 1, first & 0x1f);
    switch (first) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return at + 1;
      case 0xcc:
      case 0xd0:
        return this.#skip(at + 1, 1);
      case 0xcd:
      case 0xd1:
        return this.#skip(at + 1, 2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.#skip(at + 1, 4);
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.#skip(at + 1, 8);
      case 0xc4:
        return this.#counted(at, 1, (from, length) => this.#skip(from, length));
      case 0xc5:
        return this.#counted(at, 2, (from, length) => this.#skip(from, length));
      case 0xc6:
        return this.#counted(at, 4, (from, length) => this.#skip(from, length));
      case 0xd9:
        return this.#counted(at, 1, (from, length) => this.#skipText(from, length));
      case 0xda:
        return this.#counted(at, 2, (from, length) => this.#skipText(from, length));
      case 0xdb:
        return this.#counted(at, 4, (from, length) => this.#skipText(from, length));
      case 0xdc:
        return this.#counted(at, 2, (from, length) => this.#all(from, length, depth));
      case 0xdd:
        return this.#counted(at, 4, (from, length) => this.#all(from, length, depth));
      case 0xde:
        return this.#counted(at, 2, (from, length) => this.#all(from, length * 2, depth));
      case 0xdf:
        return this.#counted(at, 4, (from, length) => this.#all(from, length * 2, depth));
      default:
        // Extensions, and the one octet that MessagePack never uses.
        return -1;
    }
  }

  #counted(at: number, width: 1 | 2 | 4, then: (from: number, length: number) => number): number {
    const from = at + 1 + width;
    if (from > this.octets.length) return -1;
    const view = this.#view;
    const length =
      width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
    return then(from, length);
  }

  #skip(from: number, length: number): number {
    return from + length > this.octets.length ? -1 : from + length;
  }

  #skipText(from: number, length: number): number {
    this.#text -= length;
    return this.#text < 0 ? -1 : this.#skip(from, length);
  }

  #all(from: number, count: number, depth: number): number {
    // Each value takes at least one octet.
    if (count > this.octets.length - from) return -1;
    let at = from;
    for (let i = 0; i < count && at >= 0; i++) at = this.value(at, depth + 1);
    return at;
  }
}
