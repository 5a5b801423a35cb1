// Checks of any octets read as a trace, and of what is made of the trace.
import { isDeepStrictEqual } from 'node:util';
import { allocatesLittle, anySize, chunked } from './chunks.mjs';
import { isFitForTerminal } from './terminal.mjs';
import { must, neverThrows } from './violation.mjs';

/** @import { KnownTraceRecord, TraceEnd, TraceKind, TraceRecord } from '@mig/trace' */
/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

/** @typedef {{ records: TraceRecord[], end: TraceEnd }} Decoded */

/**
 * @param {Uint8Array} octets
 * @param {Lib} lib
 * @param {() => number} size of a chunk
 * @returns {Decoded}
 */
function decoded(octets, { trace }, size) {
  /** @type {TraceRecord[]} */
  const records = [];
  const decoder = new trace.TraceDecoder();
  const decode = () => chunked(octets, size, (chunk) => records.push(...decoder.push(chunk)));
  // A decoder has its buffer, and a bitmap its copy.
  allocatesLittle(octets, () => neverThrows(decode));
  return { records, end: decoder.end() };
}

/**
 * Checks that a trace is read up to its fault, and the possible ends and places.
 * @param {Decoded} trace
 * @param {Uint8Array} octets
 */
function endsSomewhere({ end }, octets) {
  const at = end.kind === 'damaged' ? end.fault.offset : end.kind === 'torn' ? end.offset : octets.length;
  must(at >= 0 && at <= octets.length, 'end', () => JSON.stringify(end));
  if (end.kind === 'torn') must(end.offset + end.octets === octets.length, 'end', () => JSON.stringify(end));
  if (end.kind === 'damaged') must(end.fault.message.length < 500, 'end', 'a message without end');
}

/**
 * Checks that what was read can be written, and is read again. Other octets may have the same meaning: they
 * are not compared.
 * @param {Decoded} trace
 * @param {Lib} lib
 */
function comesBack({ records }, lib) {
  const known = records.filter((record) => record.type !== 'unknown');
  const octets = neverThrows(() => Buffer.concat(known.map(lib.trace.encodeTraceRecord)));
  const again = decoded(new Uint8Array(octets), lib, () => octets.length);
  must(isDeepStrictEqual(again.records, known), 're-encoding', () => JSON.stringify(again.end));
}

/**
 * Checks that everything shown of it can be made, and is safe for a terminal, for JSON, for a page.
 * @param {Decoded} trace
 * @param {Lib} lib
 */
function isShown({ records, end }, lib) {
  const { xl } = lib;
  for (const record of records) {
    isFitForTerminal(xl.recordLines(record), lib);
    const { event, at } = JSON.parse([...xl.recordJson(record)].join(''));
    must(event === record.type && at === record.at, 'JSON', () => String(record.type));
  }
  if (records.length === 0) return;
  const model = xl.reportModelOf(records, end);
  for (const page of [xl.htmlPage(model, []), xl.svgPage(model, [])]) {
    must(!/<script/i.test(page), 'page', () => page);
  }
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkTrace(octets, lib) {
  const whole = decoded(octets, lib, () => octets.length);
  for (const size of [() => 1, anySize(octets)]) {
    if (size() === 1 && octets.length > 5000) continue;
    const parts = decoded(octets, lib, size);
    must(isDeepStrictEqual(whole, parts), 'chunks', () => JSON.stringify([whole.end, parts.end]));
  }
  endsSomewhere(whole, octets);
  comesBack(whole, lib);
  isShown(whole, lib);
  return whole.end.kind === 'damaged' ? whole.end.fault.code : whole.end.kind;
}

const texts = ['precopy', '', 'a\n', '\x1b[2J', 'ü', 'command: ssh h'];

/**
 * Makers of a value, by kind of field.
 * @type {Readonly<Record<string, (random: Random, trace: Lib['trace']) => unknown>>}
 */
const kinds = {
  text: (random) => random.pick(texts),
  number: (random) => random.pick([0, 1.5, random.below(2 ** 32), 1.7e12]),
  date: () => 1.7e12,
  count: (random) => random.pick([0, 1, 5, random.below(2 ** 32), Number.MAX_SAFE_INTEGER]),
  texts: (random) => Array.from({ length: random.below(3) }, () => random.pick(texts)),
  pairs: (random) => ({ 'max-downtime': random.below(1000), debug: random.chance(0.5), name: 'x' }),
  bitmap: (random, { packBitmap }) =>
    packBitmap(Uint32Array.from({ length: random.below(5) }, () => random.pick([0, 1, 2 ** 32 - 1, 0xf0f0]))),
};

/**
 * Generates a valid trace: a header, and records of every kind in any order.
 * @param {Random} random
 * @param {Lib} lib
 */
export function generateTrace(random, { trace }) {
  /** @type {(type: TraceKind, fixed?: Partial<KnownTraceRecord>) => KnownTraceRecord} */
  const record = (type, fixed = {}) => {
    const values = Object.entries(trace.traceKinds[type].fields).map(([name, { kind }]) => {
      const [plain = ''] = kind.split(' or nil');
      const words = plain.match(/^0 (.*)$/)?.[1]?.split(/, \d+ /);
      if (plain !== kind && random.chance(0.3)) return [name, undefined];
      return [name, words === undefined ? kinds[plain]?.(random, trace) : random.pick(words)];
    });
    // Its fields are those of its row.
    return /** @type {KnownTraceRecord} */ ({
      ...{ type, at: random.below(10_000) / 10 },
      ...Object.fromEntries(values),
      ...fixed,
    });
  };
  const types = /** @type {TraceKind[]} */ (Object.keys(trace.traceKinds));
  const others = types.filter((type) => type !== 'header');
  const records = [
    record('header', { magic: trace.TRACE_MAGIC, version: trace.TRACE_VERSION }),
    ...Array.from({ length: random.below(8) }, () => record(random.pick(others))),
  ];
  return new Uint8Array(Buffer.concat(records.map(trace.encodeTraceRecord)));
}
