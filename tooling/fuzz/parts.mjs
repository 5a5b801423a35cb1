// Streams as lists of parts, headers and records, so that they can be mutated along their structure. Parsed
// without @mig/protocol: test data must not be made by the code under test.
import { readFileSync } from 'node:fs';

/** @typedef {'xl-header' | 'libxl-header' | 'image-header' | 'domain-header' | 'record'} Kind */
/** @typedef {'xl' | 'libxl' | 'image'} Layer */
/** @typedef {{ layer: Layer, kind: Kind, octets: Uint8Array }} Part */
/** @typedef {readonly [offset: number, width: number]} Field in octets */

/**
 * Fields of each kind of part. In bodies of records: places of counts and ids.
 * @type {Readonly<Record<Kind, readonly Field[]>>}
 */
export const fields = {
  'xl-header': [[0, 4], [32, 4], [36, 4], [40, 4], [44, 4], [48, 4]], // prettier-ignore
  'libxl-header': [[0, 4], [8, 4], [12, 4]], // prettier-ignore
  'image-header': [[0, 4], [8, 4], [12, 4], [16, 2], [18, 2], [20, 4]], // prettier-ignore
  'domain-header': [[0, 4], [4, 2], [6, 2], [8, 4], [12, 4]], // prettier-ignore
  record: [[0, 4], [4, 4], [0, 4], [4, 4], [8, 4], [12, 4], [16, 4], [20, 4], [20, 4]], // prettier-ignore
};

/** @param {number} length */
const padded = (length) => length + ((8 - (length % 8)) % 8);

/** @param {Uint8Array} octets */
export function viewOf(octets) {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * Parses the parts of a valid little-endian stream.
 * @param {Uint8Array} octets
 */
export function takeApart(octets) {
  /** @type {Part[]} */
  const parts = [];
  const view = viewOf(octets);
  let at = 0;
  /** @type {(layer: Layer, kind: Kind, length: number) => void} */
  const take = (layer, kind, length) => {
    parts.push({ layer, kind, octets: octets.slice(at, at + length) });
    at += length;
  };
  /** @type {(layer: Layer, last: readonly number[]) => void} */
  const records = (layer, last) => {
    for (;;) {
      const type = view.getUint32(at, true);
      take(layer, 'record', 8 + padded(view.getUint32(at + 4, true)));
      if (last.includes(type)) return;
    }
  };
  take('xl', 'xl-header', 48 + view.getUint32(44, true));
  take('libxl', 'libxl-header', 16);
  records('libxl', [1]);
  take('image', 'image-header', 24);
  take('image', 'domain-header', 16);
  records('image', [0]);
  records('libxl', [0]);
  return parts;
}

/** @param {readonly Part[]} parts */
export function putTogether(parts) {
  return new Uint8Array(Buffer.concat(parts.map(({ octets }) => octets)));
}

/**
 * Builds a record of any type and body, with correct length and padding.
 * @param {Layer} layer
 * @param {number} type
 * @param {Uint8Array} body
 * @returns {Part}
 */
export function record(layer, type, body) {
  const octets = new Uint8Array(8 + padded(body.length));
  const view = viewOf(octets);
  view.setUint32(0, type, true);
  view.setUint32(4, body.length, true);
  octets.set(body, 8);
  return { layer, kind: 'record', octets };
}

/** @param {Part} part */
export function bodyOf({ octets }) {
  return octets.subarray(8, 8 + viewOf(octets).getUint32(4, true));
}

const PAGE = 4096;
/** @param {number} type */
const hasPage = (type) => type <= 4 || (type >= 9 && type <= 12);

/**
 * A PAGE_DATA record with only its first two pfns: small inputs run often.
 * @param {Part} part
 */
function lean(part) {
  if (part.layer !== 'image' || part.kind !== 'record' || viewOf(part.octets).getUint32(0, true) !== 1)
    return part;
  const body = bodyOf(part);
  const all = viewOf(body).getUint32(0, true);
  const count = Math.min(2, all);
  const words = body.subarray(8, 8 + count * 8);
  const types = viewOf(words);
  const pages = [0, 1].slice(0, count).filter((i) => hasPage(types.getUint8(i * 8 + 7) >> 4)).length;
  const start = 8 + all * 8;
  const head = new Uint8Array(8);
  head[0] = count;
  return record('image', 1, Buffer.concat([head, words, body.subarray(start, start + pages * PAGE)]));
}

const folder = new URL('../../packages/protocol/fixtures/', import.meta.url);

/** @param {string} name */
export function fixture(name) {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

/** The recorded streams, whole and lean. */
export function recordedStreams() {
  const whole = ['pvh-save.bin', 'pvh-live.bin', 'pv-save.bin'].map((name) => takeApart(fixture(name)));
  return { whole, lean: whole.map((parts) => parts.map(lean)) };
}
