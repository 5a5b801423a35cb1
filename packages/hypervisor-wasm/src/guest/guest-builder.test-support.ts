/** Builds small WebAssembly modules octet by octet: guests, and modules that are almost one. */

export interface GuestParts {
  abi?: number;
  abiExported?: boolean;
  shared?: boolean;
  /** Minimum memory in pages of 64 KiB. */
  minimumMemory?: number;
  maximumMemory?: number;
  importsMemory?: boolean;
  ownMemory?: boolean;
  /** An additional function import, as MODULE.NAME. */
  alsoImports?: string;
  startSection?: boolean;
  exportsStart?: boolean;
  exportsRun?: boolean;
  /** Whether the counter, a mutable global, is not exported. */
  hidesCounter?: boolean;
  /** Whether run() has the type of start(). */
  runReturnsNothing?: boolean;
  /** Tables of function references: minimum, and maximum if there is one. */
  tables?: (readonly [minimum: number, maximum?: number])[];
  /** Additional mutable globals, exported by these names. */
  alsoGlobals?: string[];
  /** Additional names for start(). */
  alsoExports?: string[];
  /** Octets that run() writes to the console, from address 0 on. */
  writes?: number;
  /** The code of run(), without its `end`; it leaves the returned i32 on the stack. */
  run?: number[];
  /** An active data segment: this text at this address. */
  data?: { address: number; text: string };
}

export const I32 = 0x7f;
const FUNCTION_REFERENCE = 0x70;

export function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

export function i32Const(value: number): number[] {
  const octets = [0x41];
  for (;;) {
    const octet = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (octet & 0x40) === 0) || (value === -1 && octet & 0x40)) return [...octets, octet];
    octets.push(octet | 0x80);
  }
}

function name(text: string): number[] {
  const octets = new TextEncoder().encode(text);
  return [...leb(octets.length), ...octets];
}

function section(id: number, entries: number[][]): Uint8Array {
  if (entries.length === 0) return new Uint8Array();
  const body = Buffer.concat([leb(entries.length), ...entries].map((each) => Uint8Array.from(each)));
  return Buffer.concat([Uint8Array.from([id, ...leb(body.length)]), body]);
}

/** Builds a module of one section with `count` equal items. */
export function manyItems(id: number, item: number[], count: number): Uint8Array {
  const items = Buffer.alloc(count * item.length, Buffer.from(item));
  const length = leb(leb(count).length + items.length);
  return new Uint8Array([...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], id, ...length, ...leb(count), ...items]);
}

export const COUNTER = 1;
const SLEEP = 60_000_000;

/**
 * Code of run(): writes the counter to the page whose number is the counter plus 16, increments it, and
 * asks for a minute of sleep.
 */
const writeNextPage = [
  ...[0x23, COUNTER, ...i32Const(4096), 0x6c],
  ...[0x23, COUNTER, 0x36, 0x02, ...leb(65536)],
  ...[0x23, COUNTER, ...i32Const(1), 0x6a, 0x24, COUNTER],
  ...i32Const(SLEEP),
];

/** Builds a guest of two functions and two globals, `mig_abi` and the mutable `counter`. */
export function buildGuest(parts: GuestParts = {}): Uint8Array {
  const {
    minimumMemory = 2,
    maximumMemory = 65536,
    shared = true,
    abi = 1,
    runReturnsNothing = false,
    tables = [],
    alsoGlobals = [],
  } = parts;
  const limits = [shared ? 3 : 1, ...leb(minimumMemory), ...leb(maximumMemory)];
  const { alsoImports, writes } = parts;
  const functionImports = [alsoImports, writes].filter((part) => part !== undefined).length;
  const imports: number[][] = [];
  if (parts.importsMemory ?? true) imports.push([...name('env'), ...name('memory'), 2, ...limits]);
  if (writes !== undefined) imports.push([...name('mig'), ...name('console'), 0, 2]);
  if (alsoImports !== undefined) {
    const [module, item] = alsoImports.split('.') as [string, string];
    imports.push([...name(module), ...name(item), 0, 0]);
  }
  const exports: number[][] = [];
  if (parts.abiExported ?? true) exports.push([...name('mig_abi'), 3, 0]);
  if (!parts.hidesCounter) exports.push([...name('counter'), 3, COUNTER]);
  alsoGlobals.forEach((each, i) => exports.push([...name(each), 3, ...leb(COUNTER + 1 + i)]));
  for (const each of parts.alsoExports ?? []) exports.push([...name(each), 0, functionImports]);
  if (parts.exportsStart ?? true) exports.push([...name('start'), 0, functionImports]);
  if (parts.exportsRun ?? true) exports.push([...name('run'), 0, functionImports + 1]);

  const write =
    writes === undefined ? undefined : [...i32Const(0), ...i32Const(writes), 0x10, 0, ...i32Const(SLEEP)];
  const run = runReturnsNothing ? [] : (parts.run ?? write ?? writeNextPage);
  const code = (body: number[]): number[] => [...leb(body.length + 2), 0, ...body, 0x0b];
  const { data } = parts;
  const sections = [
    Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(1, [
      [0x60, 0, 0],
      [0x60, 0, 1, I32],
      [0x60, 2, I32, I32, 0],
    ]),
    section(2, imports),
    section(3, [[0], [runReturnsNothing ? 0 : 1]]),
    section(
      4,
      tables.map(([minimum, maximum]) =>
        maximum === undefined
          ? [FUNCTION_REFERENCE, 0, ...leb(minimum)]
          : [FUNCTION_REFERENCE, 1, ...leb(minimum), ...leb(maximum)],
      ),
    ),
    section(5, parts.ownMemory ? [limits] : []),
    section(6, [
      [I32, 0, ...i32Const(abi), 0x0b],
      [I32, 1, ...i32Const(0), 0x0b],
      ...alsoGlobals.map(() => [I32, 1, ...i32Const(0), 0x0b]),
    ]),
    section(7, exports),
    Uint8Array.from(parts.startSection ? [8, 1, functionImports] : []),
    section(10, [code([]), code(run)]),
    section(11, data ? [[0, ...i32Const(data.address), 0x0b, ...name(data.text)]] : []),
  ];
  return new Uint8Array(Buffer.concat(sections));
}
