// Mutations: of the parts of a stream along its structure, then of plain octets.
import { bodyOf, fields, putTogether, record, viewOf } from './parts.mjs';

/** @import { Random } from './random.mjs' */
/** @import { Field, Layer, Part } from './parts.mjs' */

const MIB = 2 ** 20;
/** Values at which counts, lengths and types go wrong. */
const interesting = [
  ...[
    0, 1, 2, 3, 4, 7, 8, 9, 12, 13, 15, 16, 17, 24, 31, 64, 255, 256, 4095, 4096, 4097, 65535, 65536, 65537,
  ],
  ...[
    MIB,
    MIB + 1,
    16 * MIB,
    16 * MIB + 1,
    128 * MIB - 8,
    128 * MIB,
    128 * MIB + 1,
    2 ** 28,
    2 ** 29,
    2 ** 30,
  ],
  ...[
    2 ** 31 - 1,
    2 ** 31,
    2 ** 31 + 1,
    2 ** 31 + 16,
    2 ** 32 - 8,
    2 ** 32 - 1,
    0x50000000,
    0xf0000000,
    0x01020304,
  ],
];

/**
 * @param {Part} part
 * @param {(octets: Uint8Array) => void} change
 * @returns {Part}
 */
function changed(part, change) {
  const octets = part.octets.slice();
  change(octets);
  return { ...part, octets };
}

/**
 * Sets a field to an interesting value, or to one beside its present value, in either byte order.
 * @param {Random} random
 * @param {Uint8Array} octets
 * @param {Field} field
 */
function setField(random, octets, [offset, width]) {
  if (offset + width > octets.length) return;
  const view = viewOf(octets);
  const little = random.chance(0.8);
  const old = width === 4 ? view.getUint32(offset, little) : view.getUint16(offset, little);
  const value = random.chance(0.6)
    ? random.pick(interesting)
    : old + random.pick([-4096, -16, -8, -1, 1, 8, 16, 4096, 2 ** 31]);
  if (width === 4) view.setUint32(offset, value, little);
  else view.setUint16(offset, value, little);
}

/** @param {Random} random */
function anyRecord(random) {
  const layer = random.pick(/** @type {Layer[]} */ (['libxl', 'image']));
  const type = random.chance(0.8) ? random.below(20) : random.pick(interesting);
  // Sometimes one that is large for its kind.
  const length = random.chance(0.005) ? random.pick([65536, 65544, MIB, MIB + 1]) : random.below(70);
  return record(layer, type, length < 100 ? random.octets(length) : new Uint8Array(length));
}

/**
 * Mutations of the list: each takes the parts and a place in them; `other`: another stream's parts. They
 * change the list, never an octet of it.
 * @type {((random: Random, parts: Part[], at: number, other: readonly Part[]) => void)[]}
 */
const structural = [
  (_random, parts, at) => parts.splice(at, 1),
  (random, parts, at) => parts.splice(random.below(parts.length + 1), 0, ...parts.slice(at, at + 1)),
  (random, parts, at) => {
    const again = Array.from({ length: random.from(1, 20) }, () => parts.slice(at, at + 1));
    parts.splice(at, 0, ...again.flat());
  },
  (random, parts, at) => parts.splice(random.below(parts.length), 0, ...parts.splice(at, 1)),
  (random, parts, at) => parts.splice(at, 0, anyRecord(random)),
  (random, parts, _at, other) => parts.splice(random.below(parts.length + 1), 0, random.pick(other)),
  (random, parts, at, other) => parts.splice(at, parts.length, ...other.slice(random.below(other.length))),
  (_random, parts, at) => (parts.length = at),
  // An END of the layer at that place, and nothing after it.
  (_random, parts, at) => parts.splice(at, parts.length, record('libxl', 0, new Uint8Array(0))),
];

/** @type {((random: Random, part: Part) => Part)[]} */
const withinPart = [
  (random, part) => changed(part, (octets) => setField(random, octets, random.pick(fields[part.kind]))),
  (random, part) => changed(part, (octets) => setField(random, octets, random.pick(fields[part.kind]))),
  (random, part) =>
    changed(part, (octets) => {
      const at = random.below(octets.length);
      octets.fill((octets[at] ?? 0) ^ (1 << random.below(8)), at, at + 1);
    }),
  // The last octet: padding, or a pfn's type, or a text's NUL.
  (random, part) => changed(part, (octets) => (octets[octets.length - 1] = random.below(256))),
  // Another body of another length, with a consistent frame.
  (random, part) => {
    if (part.kind !== 'record') return part;
    const body = bodyOf(part);
    const length = Math.max(0, body.length + random.pick([-4096, -16, -8, -1, 1, 8, 16, 24, 4096]));
    const other = new Uint8Array(length);
    other.set(body.subarray(0, length));
    return record(part.layer, viewOf(part.octets).getUint32(0, true), other);
  },
  // Another type, with a consistent frame: any number, or bit 31.
  (random, part) =>
    changed(part, (octets) => {
      if (part.kind !== 'record') return;
      if (random.chance(0.3)) octets[3] = (octets[3] ?? 0) ^ 0x80;
      else octets[0] = random.below(20);
    }),
  // A word of a list, such as a pfn with its type.
  (random, part) =>
    changed(part, (octets) => {
      if (octets.length < 24) return;
      const word = 16 + 8 * random.below(Math.min(8, Math.floor((octets.length - 16) / 8)));
      const type = random.chance(0.5) ? random.below(16) << 28 : 0;
      viewOf(octets).setUint32(word + 4, type | (random.chance(0.2) ? random.below(2 ** 28) : 0), true);
      if (random.chance(0.5)) viewOf(octets).setUint32(word, random.pick(interesting), true);
    }),
];

/**
 * Changes to any octets.
 * @type {((random: Random, octets: Uint8Array) => Uint8Array)[]}
 */
export const plain = [
  (random, octets) => octets.subarray(0, random.below(octets.length + 1)),
  (random, octets) => octets.with(random.below(octets.length), random.below(256)),
  (random, octets) => octets.with(random.below(octets.length), random.pick([0, 1, 0x7f, 0x80, 0xff])),
  (random, octets) => {
    const copy = octets.slice();
    setField(random, copy, [random.below(octets.length), random.pick([2, 4])]);
    return copy;
  },
  (random, octets) => {
    const at = random.below(octets.length + 1);
    return joined(octets.subarray(0, at), random.octets(random.from(1, 16)), octets.subarray(at));
  },
  (random, octets) => {
    const at = random.below(octets.length);
    return joined(octets.subarray(0, at), octets.subarray(at + random.from(1, 16)));
  },
  (random, octets) => {
    const at = random.below(octets.length);
    return joined(octets.subarray(0, at), octets.subarray(Math.max(0, at - random.below(200))));
  },
];

/** @param {Uint8Array[]} parts */
function joined(...parts) {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * The number of mutations, from none to some: most cases should get past the first header.
 * @param {Random} random
 */
function howMany(random) {
  return random.pick([0, 1, 1, 1, 1, 1, 2, 2, 3, 5, 8]);
}

/**
 * @param {Random} random
 * @param {readonly Part[]} parts of a stream
 * @param {readonly Part[]} other parts of another
 */
export function mutateParts(random, parts, other) {
  const mutated = [...parts];
  for (let left = howMany(random); left > 0 && mutated.length > 0; left--) {
    const at = random.below(mutated.length);
    if (random.chance(0.4)) random.pick(structural)(random, mutated, at, other);
    else
      mutated.splice(
        at,
        1,
        ...mutated.slice(at, at + 1).map((part) => random.pick(withinPart)(random, part)),
      );
  }
  const octets = putTogether(mutated);
  return random.chance(0.15) && octets.length > 0 ? random.pick(plain)(random, octets) : octets;
}

/**
 * @param {Random} random
 * @param {Uint8Array} octets
 */
export function mutateOctets(random, octets) {
  let mutated = octets;
  for (let left = howMany(random); left > 0 && mutated.length > 0; left--) {
    mutated = random.pick(plain)(random, mutated);
  }
  return mutated;
}
