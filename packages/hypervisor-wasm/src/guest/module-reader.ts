import { MigError } from '@mig/errors';

/** The reason why octets are not a WebAssembly module. */
export class ModuleError extends MigError {
  override readonly name = 'ModuleError';
  readonly code = 'bad-module';

  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(`${message}, at byte ${offset}`);
  }
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Most items of a section, each of which becomes an object. Guests have a few, large programs some
 * thousands.
 */
export const MOST_ITEMS = 100_000;
/** Most octets of a name, as in V8. */
const LONGEST_NAME = 100_000;

const utf8 = new TextDecoder();

/** Octets of the operand of constant instructions, where fixed. */
const operandOctets = new Map([
  [0x43, 4],
  [0x44, 8],
  [0xd0, 1],
  // i32 and i64 add, sub, mul: extended constant expressions.
  ...[0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].map((opcode) => [opcode, 0] as const),
]);

/** A reader of a module's primitive values; it never leaves its part. */
export class ModuleReader {
  #at: number;

  constructor(
    private readonly octets: Uint8Array,
    start = 0,
    private readonly end = octets.length,
  ) {
    this.#at = start;
  }

  get atEnd(): boolean {
    return this.#at === this.end;
  }

  fail(message: string): never {
    throw new ModuleError(message, this.#at);
  }

  header(): void {
    if (!MAGIC.every((octet, at) => this.octets[at] === octet))
      this.fail('not a WebAssembly module, version 1');
    this.#at += MAGIC.length;
  }

  octet(): number {
    if (this.#at >= this.end) this.fail('the module ends too early');
    return this.octets[this.#at++]!;
  }

  /** Reads a LEB128 number of at most 5 octets. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const octet = this.octet();
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value > 0xffffffff ? this.fail('a number of more than 32 bits') : value;
    }
    return this.fail('a number of more than 32 bits');
  }

  name(): string {
    const length = this.u32();
    if (length > LONGEST_NAME) this.fail(`a name of ${length} bytes, at most ${LONGEST_NAME} are read`);
    const { octets, start } = this.#take(length);
    return utf8.decode(octets.subarray(start, start + length));
  }

  /** Makes a reader for the next `length` octets alone. */
  part(length: number): ModuleReader {
    const { octets, start } = this.#take(length);
    return new ModuleReader(octets, start, start + length);
  }

  /**
   * Reads a vector.
   * @param most items: each becomes an object many times its size
   * @param what the items' name
   */
  vector(most: number, what: string, item: () => void): void {
    const count = this.u32();
    if (count > most) this.fail(`more than ${most} ${what}`);
    // Each item has at least one octet: no count is believed beyond the octets there.
    if (count > this.end - this.#at) this.fail('the module ends too early');
    for (let i = 0; i < count; i++) item();
  }

  skipRest(): void {
    this.#at = this.end;
  }

  /** @returns the value of a lone `i32.const`, undefined for any other expression */
  constantExpression(): number | undefined {
    let instructions = 0;
    let value: number | undefined;
    for (;;) {
      const opcode = this.octet();
      if (opcode === 0x0b) return instructions === 1 ? value : undefined;
      instructions++;
      if (opcode === 0x41) value = Number(BigInt.asIntN(32, this.#signed()));
      else if (opcode === 0x42) this.#signed();
      else if (opcode === 0x23 || opcode === 0xd2) this.u32();
      else if (opcode === 0xfd) this.#vectorConstant();
      else this.#take(operandOctets.get(opcode) ?? this.fail('an unknown constant expression'));
    }
  }

  #vectorConstant(): void {
    if (this.u32() !== 0x0c) this.fail('an unknown constant expression');
    this.#take(16);
  }

  #signed(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const octet = this.octet();
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return octet & 0x40 ? value - (1n << (shift + 7n)) : value;
    }
    return this.fail('a number of more than 64 bits');
  }

  #take(length: number): { octets: Uint8Array; start: number } {
    if (length > this.end - this.#at) this.fail('the module ends too early');
    const start = this.#at;
    this.#at += length;
    return { octets: this.octets, start };
  }
}
