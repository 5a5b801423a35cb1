// jazzer.js comes with its native part built for glibc 2.38 or later. It needs only three names that glibc
// 2.36 and libstdc++ 12, Debian 12's, have under older ones: where it does not load, a copy that asks for
// those is loaded.
import { readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Names: the new one, the older one that does the same, and the version of that. No older name is longer.
 * @type {readonly (readonly [name: string, oldName: string, version: string])[]}
 */
const older = [
  // C23's strtol() reads 0b1, too; libFuzzer parses decimal numbers with it.
  ['__isoc23_strtol', 'strtol', 'GLIBC_2.2.5'],
  ['__isoc23_strtoul', 'strtoul', 'GLIBC_2.2.5'],
  // The initialisation that every object using std::cerr did before the library itself did it.
  ['_ZSt21ios_base_library_initv', '_ZNSt8ios_base4InitC1Ev', 'GLIBCXX_3.4'],
];
/** Versions that nothing needs then. */
const unneeded = new Set(['GLIBC_2.38', 'GLIBCXX_3.4.32']);

const DYNSYM = 11;
const VERSYM = 0x6fffffff;
const VERNEED = 0x6ffffffe;
const WEAK = 2;

/**
 * Lists the sections of a little-endian ELF64: jazzer.js's other machines are not supported.
 * @param {Buffer} elf
 */
function sectionsOf(elf) {
  const at = Number(elf.readBigUInt64LE(0x28));
  return Array.from({ length: elf.readUInt16LE(0x3c) }, (_, i) => {
    const header = elf.subarray(at + i * elf.readUInt16LE(0x3a));
    const [offset, size] = [Number(header.readBigUInt64LE(0x18)), Number(header.readBigUInt64LE(0x20))];
    return { type: header.readUInt32LE(4), link: header.readUInt32LE(0x28), offset, size };
  });
}

/**
 * @param {Uint8Array} file
 * @returns a copy that asks for the older names, and for no version that they make superfluous
 * @throws Error if the file lacks a library's sections
 */
export function withOlderNames(file) {
  const elf = Buffer.from(file);
  const sections = sectionsOf(elf);
  /** @param {number} type */
  const sectionOf = (type) => existing(sections.find((section) => section.type === type));
  const [symbols, versions, needed] = [sectionOf(DYNSYM), sectionOf(VERSYM), sectionOf(VERNEED)];
  const strings = existing(sections[symbols.link]).offset;
  /** @param {number} offset */
  const nameAt = (offset) => elf.toString('latin1', strings + offset, elf.indexOf(0, strings + offset));
  /** @type {Map<string, number>} */
  const numbers = new Map();
  for (let file = needed.offset, next = 1; next > 0; file += next) {
    next = elf.readUInt32LE(file + 12);
    for (let version = file + elf.readUInt32LE(file + 8), after = 1; after > 0; version += after) {
      after = elf.readUInt32LE(version + 12);
      const name = nameAt(elf.readUInt32LE(version + 8));
      numbers.set(name, elf.readUInt16LE(version + 6));
      // A weak one may be missing.
      if (unneeded.has(name)) elf.writeUInt16LE(WEAK, version + 4);
    }
  }
  for (let i = 0; i * 24 < symbols.size; i++) {
    const symbol = symbols.offset + i * 24;
    const offset = elf.readUInt32LE(symbol);
    const found = older.find(([each]) => each === nameAt(offset));
    if (found === undefined) continue;
    const [name, oldName, version] = found;
    const oldOffset = offset + name.length - oldName.length;
    elf.write(oldName, strings + oldOffset, 'latin1');
    elf.writeUInt32LE(oldOffset, symbol);
    elf.writeUInt16LE(existing(numbers.get(version)), versions.offset + i * 2);
  }
  return elf;
}

/**
 * @template T
 * @param {T | undefined} value
 * @returns {T}
 */
function existing(value) {
  if (value === undefined) throw new Error('this is no library that jazzer.js has built');
  return value;
}

/**
 * Makes a library that does not load for lack of such a version load as a copy with older
 * names.
 */
export function loadWithOlderNames() {
  const { dlopen } = process;
  process.dlopen = (module, filename, ...flags) => {
    try {
      return dlopen.call(process, module, filename, ...flags);
    } catch (error) {
      const said = error instanceof Error ? error.message : '';
      if (![...unneeded].some((version) => said.includes(`version \`${version}' not found`))) throw error;
    }
    const folder = mkdtempSync(join(tmpdir(), 'mig-fuzz-'));
    try {
      const copy = join(folder, 'older-names.node');
      writeFileSync(copy, withOlderNames(readFileSync(filename)));
      return dlopen.call(process, module, copy, ...flags);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}
