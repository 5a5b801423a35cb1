/**
 * Sections of a WebAssembly module that declare its imports, exports and globals: enough to judge a guest,
 * without its code. Source: WebAssembly Core Specification 2.0, "Binary Format", "Modules".
 */
import { ModuleReader, MOST_ITEMS } from './module-reader.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'other';
export type Kind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** A function's type, such as `(i32, i32) -> ()`. */
export type Signature = string;

export interface MemoryType {
  /** The minimum in pages of 64 KiB. */
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
}

export interface TableType {
  /** The most entries. */
  readonly maximum: number | undefined;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
  /** The initial value, if it is an `i32.const`. */
  readonly constant?: number | undefined;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: Kind;
  readonly signature?: Signature;
  readonly memory?: MemoryType;
  readonly table?: TableType;
  readonly global?: GlobalType;
}

export interface Sections {
  readonly imports: readonly Import[];
  readonly exports: readonly { readonly name: string; readonly kind: Kind; readonly index: number }[];
  /** Types of the functions by index, imported ones first, as in all of these lists. */
  readonly functions: readonly (Signature | undefined)[];
  readonly globals: readonly GlobalType[];
  readonly tables: readonly TableType[];
  /** Number of memories that the module defines itself. */
  readonly ownMemories: number;
  readonly hasStart: boolean;
}

/**
 * Most parameters of a function, and results: the WebAssembly JavaScript Interface, "Implementation-defined
 * Limits".
 */
const MOST_PARAMETERS = 1000;

const kinds: readonly Kind[] = ['function', 'table', 'memory', 'global', 'tag'];
const valueTypes = new Map<number, ValueType>([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
]);

/** @throws ModuleError where the octets are not a module, or use an unknown feature */
export function readSections(octets: Uint8Array): Sections {
  const reader = new ModuleReader(octets);
  reader.header();
  const types: Signature[] = [];
  const imports: Import[] = [];
  const functions: (Signature | undefined)[] = [];
  const globals: GlobalType[] = [];
  const tables: TableType[] = [];
  const exports: { name: string; kind: Kind; index: number }[] = [];
  let ownMemories = 0;
  let hasStart = false;

  const sections: Record<number, (section: ModuleReader) => void> = {
    1: (section) => section.vector(MOST_ITEMS, 'types', () => types.push(readSignature(section))),
    2: (section) =>
      section.vector(MOST_ITEMS, 'imports', () => {
        const entry = readImport(section, types);
        imports.push(entry);
        if (entry.kind === 'function') functions.push(entry.signature);
        if (entry.global !== undefined) globals.push(entry.global);
        if (entry.table !== undefined) tables.push(entry.table);
      }),
    3: (section) => section.vector(MOST_ITEMS, 'functions', () => functions.push(types[section.u32()])),
    4: (section) => section.vector(MOST_ITEMS, 'tables', () => tables.push(readTableType(section))),
    5: (section) => {
      ownMemories = section.u32();
      section.skipRest();
    },
    6: (section) =>
      section.vector(MOST_ITEMS, 'globals', () => {
        const type = readGlobalType(section);
        globals.push({ ...type, constant: section.constantExpression() });
      }),
    7: (section) =>
      section.vector(MOST_ITEMS, 'exports', () =>
        exports.push({ name: section.name(), ...readKind(section) }),
      ),
    8: (section) => {
      hasStart = true;
      section.skipRest();
    },
  };
  const seen = new Set<number>();
  while (!reader.atEnd) {
    const id = reader.octet();
    const section = reader.part(reader.u32());
    const read = sections[id];
    if (read === undefined) continue;
    if (seen.has(id)) section.fail(`section ${id} comes a second time`);
    seen.add(id);
    read(section);
    if (!section.atEnd) section.fail(`section ${id} is longer than what it holds`);
  }
  return { imports, exports, functions, globals, tables, ownMemories, hasStart };
}

function readKind(reader: ModuleReader): { kind: Kind; index: number } {
  const kind = kinds[reader.octet()] ?? reader.fail('an unknown kind of export');
  return { kind, index: reader.u32() };
}

function readImport(reader: ModuleReader, types: readonly Signature[]): Import {
  const names = { module: reader.name(), name: reader.name() };
  const kind = kinds[reader.octet()] ?? reader.fail('an unknown kind of import');
  switch (kind) {
    case 'function': {
      const signature = types[reader.u32()] ?? reader.fail('a function of an unknown type');
      return { ...names, kind, signature };
    }
    case 'memory':
      return { ...names, kind, memory: readLimits(reader) };
    case 'table':
      return { ...names, kind, table: readTableType(reader) };
    case 'global':
      return { ...names, kind, global: readGlobalType(reader) };
    case 'tag':
      reader.octet();
      reader.u32();
      return { ...names, kind };
  }
}

/** Reads a table's type. One with an initial value begins with 0x40 0x00, and has an expression behind it. */
function readTableType(reader: ModuleReader): TableType {
  const first = reader.octet();
  const hasValue = first === 0x40;
  if (hasValue) {
    reader.octet();
    reader.octet();
  }
  const { maximum } = readLimits(reader);
  if (hasValue) reader.constantExpression();
  return { maximum };
}

function readLimits(reader: ModuleReader): MemoryType {
  const flags = reader.octet();
  if (flags > 3) reader.fail('a 64-bit or otherwise unknown kind of memory');
  const minimum = reader.u32();
  return { minimum, maximum: flags & 1 ? reader.u32() : undefined, shared: (flags & 2) !== 0 };
}

function readGlobalType(reader: ModuleReader): GlobalType {
  const type = valueTypes.get(reader.octet()) ?? 'other';
  return { type, mutable: reader.octet() === 1 };
}

function readSignature(reader: ModuleReader): Signature {
  if (reader.octet() !== 0x60) reader.fail('a type that is not a plain function');
  const list = (what: string): string => {
    const items: ValueType[] = [];
    reader.vector(MOST_PARAMETERS, what, () => items.push(valueTypes.get(reader.octet()) ?? 'other'));
    return items.join(', ');
  };
  return `(${list('parameters')}) -> (${list('results')})`;
}
