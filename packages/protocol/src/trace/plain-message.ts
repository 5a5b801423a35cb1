/**
 * Looks through MessagePack before it is unpacked. What a library does with a count it believes, or with an extension
 * that stands for an object of the language, is no concern of a trace: one octet that is damaged must not cost memory.
 */
const MAX_DEPTH = 8;
/** Values of a record at most, those in lists and maps among them: each takes one octet, and becomes up to fifty. */
const MAX_VALUES = 10_000;

/**
 * Whether `octets` are one value of nil, booleans, numbers, texts, octets, arrays and maps, within their length, and
 * no more of them than MAX_VALUES.
 */
export function isPlainMessage(octets: Uint8Array): boolean {
  const end = new Walk(octets).value(0, 0);
  return end === octets.length;
}

class Walk {
  readonly #view: DataView;
  #values = 0;

  constructor(private readonly octets: Uint8Array) {
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  }

  /** @returns where the value that begins `at` ends; -1 where it is none, or is cut short */
  value(at: number, depth: number): number {
    const first = this.octets[at];
    if (first === undefined || depth > MAX_DEPTH || ++this.#values > MAX_VALUES) return -1;
    if (first <= 0x7f || first >= 0xe0) return at + 1;
    if (first <= 0x8f) return this.#list(at + 1, (first & 0xf) * 2, depth);
    if (first <= 0x9f) return this.#list(at + 1, first & 0xf, depth);
    if (first <= 0xbf) return this.#skip(at + 1, first & 0x1f);
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
      case 0xd9:
        return this.#counted(at, 1, (from, length) => this.#skip(from, length));
      case 0xc5:
      case 0xda:
        return this.#counted(at, 2, (from, length) => this.#skip(from, length));
      case 0xc6:
      case 0xdb:
        return this.#counted(at, 4, (from, length) => this.#skip(from, length));
      case 0xdc:
        return this.#counted(at, 2, (from, length) => this.#list(from, length, depth));
      case 0xdd:
        return this.#counted(at, 4, (from, length) => this.#list(from, length, depth));
      case 0xde:
        return this.#counted(at, 2, (from, length) => this.#list(from, length * 2, depth));
      case 0xdf:
        return this.#counted(at, 4, (from, length) => this.#list(from, length * 2, depth));
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

  #list(from: number, count: number, depth: number): number {
    // Each takes an octet at least.
    if (count > this.octets.length - from) return -1;
    let at = from;
    for (let i = 0; i < count && at >= 0; i++) at = this.value(at, depth + 1);
    return at;
  }
}
