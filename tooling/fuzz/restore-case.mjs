// Checks of any octets given to restoreImage and receiveDomain, on a memory that checks its calls.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { must, onlyThrows, Violation, violationOf } from './violation.mjs';

/** @import { Host, IncomingMemory } from '@mig/hypervisor' */
/** @import { Input } from '@mig/posix' */
/** @import { DomainHeader, ImageRecord, ZeroPagesRecord, ZstdPagesRecord } from '@mig/protocol' */
/** @import { Lib } from './lib.mjs' */

const PAGE = 4096;
/** Number of pages: enough for those that Xen puts below 4 GiB in an HVM guest. */
const PAGES = 2 ** 20;

/**
 * A memory of 4 GiB that stores only received pages, and holds its caller to the contract of
 * IncomingMemory.
 * @implements {IncomingMemory}
 */
class CheckedMemory {
  /** @type {Map<number | undefined, Buffer>} */
  pages = new Map();
  /** @type {Set<number | undefined>} */
  populated = new Set();
  headers = 0;
  staticDataEnded = false;
  /** @type {Error | undefined} */
  refused = undefined;
  #HostError;
  #lib;

  /** @param {Lib} lib */
  constructor(lib) {
    this.#lib = lib;
    this.#HostError = lib.hypervisor.HostError;
  }

  /**
   * @param {string} message
   * @returns {never}
   */
  #refuse(message) {
    this.refused = new this.#HostError('bad-guest', message);
    throw this.refused;
  }

  /** @param {Float64Array} pfns @param {number} count */
  #check(pfns, count) {
    must(this.headers === 1, 'memory', 'pages before the domain header');
    must(this.refused === undefined, 'memory', 'used after it refused');
    must(count <= pfns.length, 'memory', () => `${count} of ${pfns.length} pfns`);
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i];
      if (pfn === undefined || !(pfn < PAGES)) this.#refuse(`pfn ${pfn} is beyond`);
    }
  }

  /** @param {DomainHeader} header */
  expect(header) {
    this.headers++;
    must(header.pageShift === 12, 'memory', `page shift ${header.pageShift}`);
  }

  staticDataEnd() {
    must(this.headers === 1, 'memory', 'static data ended before the domain header');
    must(!this.staticDataEnded, 'memory', 'static data ended twice');
    this.staticDataEnded = true;
  }

  /** @param {Float64Array} pfns @param {Uint8Array} types @param {number} count */
  populate(pfns, types, count) {
    must(this.staticDataEnded, 'memory', 'pages before the end of static data');
    this.#check(pfns, count);
    for (let i = 0; i < count; i++) {
      const type = types[i] ?? NaN;
      must(type <= 4 || (type >= 9 && type <= 15), 'memory', () => `page type ${type}`);
      this.populated.add(pfns[i]);
    }
  }

  /** @param {Input} input @param {Float64Array} pfns @param {number} count */
  readPages(input, pfns, count) {
    must(count > 0, 'memory', 'no pages to read');
    this.#check(pfns, count);
    for (let i = 0; i < count; i++) {
      must(this.populated.has(pfns[i]), 'memory', () => `pfn ${pfns[i]} was not populated`);
      this.pages.set(pfns[i], Buffer.from(input.read(PAGE)));
    }
  }

  /** @param {Input} input @param {Float64Array} pfns @param {number} count */
  comparePages(input, pfns, count) {
    this.#check(pfns, count);
    let differing = 0;
    for (let i = 0; i < count; i++) {
      const octets = Buffer.from(input.read(PAGE));
      if (!(this.pages.get(pfns[i])?.equals(octets) ?? false)) differing++;
    }
    return differing;
  }

  /** @param {ZeroPagesRecord} record */
  zeroPages({ pfns, pages }) {
    must(this.headers === 1 && this.staticDataEnded, 'memory', 'pages before the end of static data');
    must(this.refused === undefined, 'memory', 'used after it refused');
    pfns.forEach((first, i) => {
      const past = first + (pages[i] ?? NaN);
      if (!(past <= PAGES)) this.#refuse(`pfn ${past - 1} is beyond`);
      setZeros(this.pages, first, past);
    });
  }

  /** @param {ZstdPagesRecord} record */
  zstdPages(record) {
    this.#check(record.pfns, record.pfns.length);
    const content = contentOf(this.#lib, record);
    if (content === undefined) this.#refuse('the frame is damaged');
    record.pfns.forEach((pfn, i) => {
      must(this.populated.has(pfn), 'memory', () => `pfn ${pfn} was not populated`);
      this.pages.set(pfn, content.subarray(i * PAGE, (i + 1) * PAGE));
    });
  }

  /** @param {ImageRecord} record */
  apply(record) {
    must(this.headers === 1, 'memory', 'a record before the domain header');
    must(!['END', 'STATIC_DATA_END', 'VERIFY', 'malformed', 'PAGE_DATA'].includes(record.type), 'memory', `${record.type} applied`); // prettier-ignore
  }
}

/**
 * @param {Lib} lib
 * @param {ZstdPagesRecord} record
 * @returns {Buffer | undefined} undefined if the frame is damaged
 */
function contentOf({ posix }, { pfns, frame }) {
  const decoder = new posix.ZstdDecoder();
  const content = Buffer.alloc(pfns.length * PAGE);
  try {
    decoder.decompress(frame, posix.addressOf(content), content.length);
    return content;
  } catch (error) {
    if (error instanceof posix.ZstdError) return undefined;
    throw error;
  } finally {
    decoder.close();
  }
}

const ZEROS = Buffer.alloc(PAGE);

/**
 * @param {Map<number | undefined, Buffer>} pages
 * @param {number} first
 * @param {number} past
 */
function setZeros(pages, first, past) {
  for (let pfn = first; pfn < past; pfn++) pages.set(pfn, ZEROS);
}

/** @param {Lib} lib @param {Uint8Array} octets */
export function memoryFile({ posix }, octets) {
  const fd = posix.createMemoryFile('fuzz', 0);
  if (octets.length > 0) writeSync(fd, octets, 0, octets.length, 0);
  return fd;
}

/**
 * The result of a decoder alone: its error, and pages as they were last before a VERIFY.
 * @param {Lib} lib
 * @param {Uint8Array} octets
 */
function decodedAlone(lib, octets) {
  const { protocol, handshake } = lib;
  /** @type {Map<number | undefined, Buffer>} */
  const pages = new Map();
  const decoder = new protocol.PushDecoder(
    new protocol.ImageDecoder({ features: handshake.allExtensionFeatures }),
  );
  /** @type {number[]} */
  let present = [];
  let verifying = false;
  let ended = 0;
  const { error } = onlyThrows([protocol.StreamError], () => {
    for (const event of decoder.push(octets)) {
      if (event.kind === 'pages')
        present = [...event.pfns].filter((_, i) => protocol.hasPageData(event.types[i] ?? NaN));
      if (event.kind === 'page-octets') {
        for (let at = 0; at + PAGE <= event.octets.length && !verifying; at += PAGE) {
          pages.set(present[at / PAGE], Buffer.from(event.octets.subarray(at, at + PAGE)));
        }
      }
      if (event.kind === 'record' && event.record.type === 'VERIFY') verifying = true;
      if (event.kind === 'record' && event.record.type === 'ZERO_PAGES') {
        const { pfns, pages: counts } = event.record;
        // What the memory refuses is compared no further.
        pfns.forEach((first, i) => setZeros(pages, first, Math.min(first + (counts[i] ?? NaN), PAGES)));
      }
      if (event.kind === 'record' && event.record.type === 'ZSTD_PAGES') {
        // What the memory refuses is compared no further.
        const content = contentOf(lib, event.record);
        event.record.pfns.forEach((pfn, i) =>
          pages.set(pfn, content?.subarray(i * PAGE, (i + 1) * PAGE) ?? ZEROS),
        );
      }
      ended = decoder.offset;
      if (decoder.finished) return;
    }
    decoder.end();
  });
  return { pages, error, ended };
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkRestore(octets, lib) {
  const { ComparisonError, restoreImage } = lib.receiver;
  const { StreamError } = lib.protocol;
  const memory = new CheckedMemory(lib);
  const fd = memoryFile(lib, octets);
  try {
    const input = new lib.posix.Input(fd, { subject: 'the image' });
    const { error, value: report } = onlyThrows([StreamError, ComparisonError], () =>
      restoreImage(memory, input, { features: lib.handshake.allExtensionFeatures }),
    );
    const alone = decodedAlone(lib, octets);
    if (memory.refused !== undefined) {
      const wrapped = error?.cause === memory.refused;
      must(wrapped, 'refusal', () => `the memory refused, and ${error} came of it`);
      return 'refused by the memory';
    }
    const code = error instanceof ComparisonError ? undefined : error?.code;
    must(code === alone.error?.code, 'decoder', () => `${error} and, decoded alone, ${alone.error}`);
    if (code !== undefined) return code;
    must(input.octets === alone.ended, 'octets', () => `${input.octets} bytes read of ${alone.ended}`);
    for (const [pfn, page] of alone.pages) {
      must(memory.pages.get(pfn)?.equals(page), 'pages', () => `pfn ${pfn} is not what was sent`);
    }
    must(memory.pages.size === alone.pages.size, 'pages', 'pages that were never sent');
    if (error !== undefined) return 'differs';
    must(report.octets === input.octets, 'octets', () => `${report.octets} reported, ${input.octets} read`);
    return 'accepted';
  } finally {
    closeSync(fd);
  }
}

/** A host with one place for a domain: only the part of Host that a receiver calls. */
class OneDomainHost {
  /** @type {{ name: string, runs: boolean } | undefined} */
  domain = undefined;
  /** Arrivals, each of which is admitted. */
  arrivals = { admit: () => ({ release: () => undefined }) };
  #lib;
  features;

  /** @param {Lib} lib */
  constructor(lib) {
    this.#lib = lib;
    this.features = lib.handshake.allExtensionFeatures;
  }

  /**
   * @param {Input} input
   * @param {import('@mig/hypervisor').RestoreOptions} options
   * @returns {import('@mig/hypervisor').IncomingDomain}
   */
  restoreFrom(input, { name, features }) {
    const { protocol, receiver } = this.#lib;
    const memory = new CheckedMemory(this.#lib);
    const decoder = new protocol.LibxlDecoder({ offset: input.octets });
    for (const event of receiver.pullFrom(decoder, input)) {
      if (event.kind !== 'record' || event.record.type !== 'LIBXC_CONTEXT') continue;
      decoder.imageTaken(receiver.restoreImage(memory, input, { offset: decoder.offset, features }).octets);
    }
    must(
      decoder.offset === input.octets,
      'octets',
      () => `${input.octets} read, the decoder is at ${decoder.offset}`,
    );
    this.domain = { name, runs: false };
    return {
      domid: 1,
      wasPaused: false,
      start: (ownName) => {
        this.domain = { name: ownName, runs: true };
      },
      destroy: () => {
        this.domain = undefined;
      },
      release: () => undefined,
    };
  }
}

/**
 * Messages that the target may send, whatever it receives.
 * @param {Uint8Array} octets
 * @param {Lib['handshake']} handshake
 */
function conversation(octets, handshake) {
  const { BANNER, READY, REPORT, PERMISSION_TO_GO, encodeHello, helloOf, allExtensionFeatures } = handshake;
  /** @param {Uint8Array} octets */
  const text = (octets) => Buffer.from(octets).toString('latin1');
  // Bit 31 of the optional flags.
  const hello = (octets[43] ?? 0) & 0x80 ? text(encodeHello(helloOf(allExtensionFeatures))) : '';
  const [banner, ready, report] = [`${text(BANNER)}${hello}`, text(READY), text(REPORT)];
  return {
    failedEarly: [text(BANNER), banner],
    failedLate: [`${banner}${ready}${report}\x03${text(PERMISSION_TO_GO)}`],
    runs: [`${banner}${ready}${report}\0`],
  };
}

/**
 * The target's half of a migration: a domain runs if, and only if, a whole stream and the permission came.
 * @param {Uint8Array} octets
 * @param {Lib} lib
 */
export function checkReceive(octets, lib) {
  const { ComparisonError, receiveDomain, ReceiveError } = lib.receiver;
  const { PushDecoder, StreamDecoder, StreamError } = lib.protocol;
  const host = new OneDomainHost(lib);
  const fd = memoryFile(lib, octets);
  const answers = lib.posix.createMemoryFile('answers', 0);
  try {
    const input = new lib.posix.Input(fd, { subject: 'the stream' });
    const output = new lib.posix.Output(answers, { subject: 'the answers' });
    const { error } = onlyThrows([ReceiveError], () =>
      receiveDomain(/** @type {Host} */ (/** @type {unknown} */ (host)), { input, output }),
    );
    if (error?.cause instanceof Violation) throw error.cause;
    const again = openSync(`/proc/self/fd/${answers}`, 'r');
    const said = readFileSync(again, 'latin1');
    closeSync(again);
    const expected = conversation(octets, lib.handshake);
    if (error === undefined) {
      const decoder = new PushDecoder(new StreamDecoder());
      const { error: refused } = onlyThrows([StreamError], () => {
        const events = [...decoder.push(octets.subarray(0, input.octets))];
        decoder.end();
        must(events.at(-1)?.kind === 'permission', 'permission', 'it runs without');
      });
      must(refused === undefined, 'permission', () => `it runs, and the stream is none: ${refused}`);
      must(host.domain?.runs === true, 'host', 'it was said to run, and does not');
      must(!host.domain.name.endsWith('--incoming'), 'host', 'it runs under another name');
      must(expected.runs.includes(said), 'answers', () => JSON.stringify(said));
      return 'accepted';
    }
    must(error.outcome === 'destroyed' && host.domain === undefined, 'host', () => `left behind: ${error}`);
    const late = error.state === 'awaiting-permission';
    must((late ? expected.failedLate : expected.failedEarly).includes(said), 'answers', () =>
      JSON.stringify(said),
    );
    const { cause } = error;
    if (late) return 'no permission';
    if (cause instanceof StreamError) return cause.code;
    if (!(cause instanceof ComparisonError)) throw violationOf(cause);
    return cause.name;
  } finally {
    closeSync(fd);
    closeSync(answers);
  }
}
