/**
 * Reads the options of stock's commands out of its binary: from the table of commands, whose texts of usage name them,
 * and from the words that the commands give to getopt, which have those that no text names.
 *
 *   node tooling/stock-options.mjs VERSION=XL ... > apps/xl/src/stock/stock-options.json
 *
 * XL is the `xl` of Debian's package xen-utils-VERSION, as in `usr/lib/xen-4.20/bin/xl` of the lab's disks.
 */
import { readFileSync } from 'node:fs';

/** The commands of stock that mig implements. */
const COMMANDS = [
  'console',
  'create',
  'destroy',
  'domid',
  'domname',
  'info',
  'list',
  'migrate',
  'migrate-receive',
  'pause',
  'rename',
  'restore',
  'resume',
  'save',
  'unpause',
];

const R_X86_64_RELATIVE = 8;
/** Layout of a row of the table of commands: pointers to its name, code, description, usage and options. */
const ROW = { name: 0, code: 8, description: 24, usage: 32, options: 40 };
/** Layout of a row of getopt's table of long options. */
const LONG_OPTION = { argument: 8, value: 24, size: 32 };

/** @typedef {{ code: number, text: string }} Row */

class Program {
  #file;
  /** @type {Map<string, { address: number, offset: number, size: number }>} */
  #sections = new Map();
  /** Pointers, by their address. @type {Map<number, number>} */
  #pointers = new Map();

  /** @param {string} path */
  constructor(path) {
    const file = (this.#file = readFileSync(path));
    const [table, entry, count, names] = [
      Number(file.readBigUInt64LE(0x28)),
      file.readUInt16LE(0x3a),
      file.readUInt16LE(0x3c),
      file.readUInt16LE(0x3e),
    ];
    const at = (/** @type {number} */ index) => table + index * entry;
    const word = (/** @type {number} */ index, /** @type {number} */ field) =>
      Number(file.readBigUInt64LE(at(index) + field));
    for (let index = 0; index < count; index++) {
      const name = this.#text(word(names, 0x18) + file.readUInt32LE(at(index)));
      this.#sections.set(name, {
        address: word(index, 0x10),
        offset: word(index, 0x18),
        size: word(index, 0x20),
      });
    }
    const { offset, size } = this.#section('.rela.dyn');
    for (let each = offset; each < offset + size; each += 24) {
      if (file.readUInt32LE(each + 8) !== R_X86_64_RELATIVE) continue;
      this.#pointers.set(Number(file.readBigUInt64LE(each)), Number(file.readBigInt64LE(each + 16)));
    }
  }

  /** @param {string} name */
  #section(name) {
    const section = this.#sections.get(name);
    if (section === undefined) throw new Error(`the program has no section ${name}`);
    return section;
  }

  /** @param {number} offset */
  #text(offset) {
    return this.#file.toString('latin1', offset, this.#file.indexOf(0, offset));
  }

  /** Reads the text at an address of constant data. @param {number | undefined} address */
  #constant(address) {
    const { address: start, offset, size } = this.#section('.rodata');
    if (address === undefined || address < start || address >= start + size) return undefined;
    return this.#text(offset + address - start);
  }

  /** Finds the table of commands: the code, and the text of usage and options, of each. @returns {Map<string, Row>} */
  rows() {
    return new Map(
      [...this.#pointers].flatMap(([at, to]) => {
        const name = this.#constant(to);
        const code = this.#pointers.get(at + ROW.code);
        const description = this.#constant(this.#pointers.get(at + ROW.description));
        if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(name)) return [];
        if (code === undefined || this.#constant(code) !== undefined || description === undefined) return [];
        const texts = [ROW.usage, ROW.options].map(
          (field) => this.#constant(this.#pointers.get(at + field)) ?? '',
        );
        return [[name, { code, text: texts.join('\n') }]];
      }),
    );
  }

  /** Finds what a command names, and what it gives to getopt. @param {string} name @param {Map<string, Row>} rows */
  command(name, rows) {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`the program has no command ${name}`);
    const { code, text } = row;
    const next = Math.min(
      ...[...rows.values()].map((each) => each.code).filter((each) => each > code),
      code + 0x1000,
    );
    const addresses = this.#addresses(code, next);
    return { text, letters: this.#letters(addresses), words: this.#words(addresses) };
  }

  /** Finds the addresses that code takes. @param {number} from @param {number} to */
  #addresses(from, to) {
    const { address, offset } = this.#section('.text');
    const addresses = [];
    for (let at = from; at < to; at++) {
      const place = offset + at - address;
      // lea register, [rip + distance]
      const [rex, code, register = 0] = this.#file.subarray(place, place + 3);
      if (code !== 0x8d || (rex !== 0x48 && rex !== 0x4c) || (register & 0xc7) !== 0x05) continue;
      addresses.push(at + 7 + this.#file.readInt32LE(place + 3));
    }
    return addresses;
  }

  /** Finds the letters that getopt is given. @param {readonly number[]} addresses */
  #letters(addresses) {
    const texts = addresses.map((address) => this.#constant(address));
    const letters = texts.find((text) => text !== undefined && /^h(?:[A-Za-z]:?)*$/.test(text)) ?? '';
    const unique = new Map([...letters.matchAll(/([A-Za-z])(:?)/g)].map((match) => [match[1], match]));
    return [...unique.values()].map(([, short = '', colon]) => ({
      short,
      argument: colon === ':',
    }));
  }

  /** Finds the long options that getopt is given: a table of them. @param {readonly number[]} addresses */
  #words(addresses) {
    for (const table of addresses) {
      const section = ['.data', '.data.rel.ro']
        .map((name) => this.#section(name))
        .find(({ address, size }) => table >= address && table < address + size);
      if (section === undefined) continue;
      const words = [];
      for (let at = table; ; at += LONG_OPTION.size) {
        const long = this.#constant(this.#pointers.get(at));
        if (long === undefined || !/^[a-z][a-z-]*$/.test(long)) break;
        const field = (/** @type {number} */ place) =>
          this.#file.readInt32LE(section.offset + at + place - section.address);
        const value = String.fromCharCode(field(LONG_OPTION.value));
        words.push({
          long,
          argument: field(LONG_OPTION.argument) === 1,
          short: /[A-Za-z]/.test(value) ? value : undefined,
        });
      }
      if (words.some(({ long }) => long === 'help')) return words;
    }
    return [];
  }
}

/**
 * Lists the options that a command takes, as commander writes them: those that its text names, and the others.
 * @param {ReturnType<Program['command']>} command
 */
function optionsOf({ text, letters, words }) {
  const names = new Set(
    [...text.matchAll(/^(?:-(\w)(?:,\s+|\b))?(?:--([a-z][a-z-]*))?/gm)].flatMap(([, ...found]) => found),
  );
  const short = letters.map((letter) => ({
    ...letter,
    long: words.find((word) => word.short === letter.short)?.long,
  }));
  const alone = words
    .filter((word) => !letters.some((letter) => letter.short === word.short))
    .map((word) => ({ ...word, short: undefined }));
  /** @type {{ named: string[], unnamed: string[] }} */
  const options = { named: [], unnamed: [] };
  for (const { short: letter, long, argument } of [...short, ...alone]) {
    const flags = [letter && `-${letter}`, long && `--${long}`].filter(Boolean).join(', ');
    const isNamed = [letter, long].some((name) => name !== undefined && names.has(name));
    options[isNamed ? 'named' : 'unnamed'].push(argument ? `${flags} <value>` : flags);
  }
  return options;
}

const versions = process.argv.slice(2).map((each) => {
  const [version = '', path = ''] = each.split('=');
  const program = new Program(path);
  const rows = program.rows();
  const found = COMMANDS.filter((name) => rows.has(name)).map((name) => [
    name,
    optionsOf(program.command(name, rows)),
  ]);
  return [version, Object.fromEntries(found)];
});
process.stdout.write(`${JSON.stringify(Object.fromEntries(versions), undefined, 2)}\n`);
