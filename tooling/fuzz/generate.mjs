// Generates valid streams of every form: guests, versions, byte orders, emulators, a VERIFY pass, mig's extension.

/** @import { ByteOrder, DomainHeader, ImageRecord, LibxlRecord } from '@mig/protocol' */
/** @import { Lib } from './lib.mjs' */
/** @import { Kind, Layer, Part } from './parts.mjs' */
/** @import { Random } from './random.mjs' */

const PAGE = 4096;
const pageTypes = [0, 0, 0, 1, 4, 9, 12, 13, 14, 15];

/**
 * @param {Random} random
 * @param {number} pfnLimit
 * @returns {ImageRecord}
 */
function pageData(random, pfnLimit) {
  const count = random.from(1, 4);
  const types = Uint8Array.from({ length: count }, () => random.pick(pageTypes));
  const present = types.filter((type) => type <= 4 || (type >= 9 && type <= 12)).length;
  return {
    type: 'PAGE_DATA',
    pfns: Float64Array.from({ length: count }, () => random.below(pfnLimit)),
    types,
    pages: new Uint8Array(present * PAGE).fill(random.below(256)),
  };
}

/**
 * @param {Random} random
 * @returns {ImageRecord}
 */
function zeroPages(random) {
  const count = random.from(1, 4);
  const pages = Uint16Array.from({ length: count }, () => random.pick([1, 2, 3, 300]));
  let next = 0;
  const pfns = Float64Array.from(pages, (each) => {
    const first = next + random.below(20);
    next = first + each;
    return first;
  });
  return { type: 'ZERO_PAGES', pfns, pages };
}

/**
 * Makes pages of one octet each, in a zstd frame of a block for each that repeats it. Source: RFC 8878.
 * @param {Random} random
 * @returns {ImageRecord}
 */
function zstdPages(random) {
  const count = random.from(1, 4);
  const frame = Buffer.alloc(9 + count * 4);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(0xa0, 4);
  frame.writeUInt32LE(count * PAGE, 5);
  for (let i = 0; i < count; i++) {
    frame.writeUIntLE((PAGE << 3) | (1 << 1) | Number(i === count - 1), 9 + i * 4, 3);
    frame.writeUInt8(random.below(256), 12 + i * 4);
  }
  return {
    type: 'ZSTD_PAGES',
    pfns: Float64Array.from({ length: count }, () => random.below(2 ** 16)),
    types: new Uint8Array(count),
    frame: new Uint8Array(frame),
  };
}

/**
 * A DIGEST of anything: no decoder alone compares it.
 * @param {Random} random
 */
function digest(random) {
  return { type: /** @type {const} */ ('DIGEST'), octets: random.below(2 ** 32), crc: random.below(2 ** 32) };
}

/**
 * @param {Random} random
 * @returns {ImageRecord[]}
 */
function policies(random) {
  const u32 = () => random.below(2 ** 32);
  const leaf = () => ({ leaf: u32(), subleaf: u32(), a: u32(), b: u32(), c: u32(), d: u32() });
  const msr = () => ({ index: u32(), flags: 0, value: BigInt(u32()) });
  return [
    { type: 'X86_CPUID_POLICY', leaves: [leaf(), leaf()] },
    { type: 'X86_MSR_POLICY', msrs: [msr()] },
  ];
}

/** @param {Random} random */
function pvFrames(random) {
  const endPfn = random.pick([1, 511, 512, 1023]);
  const pfns = Float64Array.from({ length: endPfn < 512 ? 1 : 2 }, () => random.below(1024));
  return { type: /** @type {const} */ ('X86_PV_P2M_FRAMES'), startPfn: 0, endPfn, pfns };
}

/**
 * @param {Random} random
 * @returns {ImageRecord[]}
 */
function pvState(random) {
  /** @param {number} octets */
  const vcpu = (octets) => ({ vcpuId: 0, context: random.octets(octets) });
  return [
    { type: 'SHARED_INFO', sharedInfo: new Uint8Array(PAGE) },
    { type: 'X86_PV_VCPU_BASIC', vcpuId: 0, context: new Uint8Array(5168) },
    { type: 'X86_PV_VCPU_EXTENDED', ...vcpu(128) },
    { type: 'X86_PV_VCPU_XSAVE', ...vcpu(24) },
    { type: 'X86_PV_VCPU_MSRS', ...vcpu(32) },
  ];
}

/**
 * @param {Random} random
 * @returns {ImageRecord[]}
 */
function hvmState(random) {
  const params = [1, 5, 17].map((index) => ({ index: BigInt(index), value: BigInt(random.below(2 ** 32)) }));
  return [
    { type: 'HVM_PARAMS', params },
    { type: 'HVM_CONTEXT', context: random.octets(random.from(1, 60)) },
  ];
}

/**
 * @param {Random} random
 * @param {DomainHeader['type']} guest
 * @param {number} version
 * @param {boolean} extended
 * @param {boolean} digests
 * @returns {ImageRecord[]}
 */
function imageRecords(random, guest, version, extended, digests) {
  const pv = guest === 'x86-pv';
  const frames = pvFrames(random);
  const limit = pv ? frames.endPfn + 1 : 2 ** 16;
  const batches = () => Array.from({ length: random.below(3) }, () => pageData(random, limit));
  /** @type {ImageRecord[]} */
  const info = pv ? [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 }] : [];
  /** @type {ImageRecord[]} */
  const staticData = version === 3 ? [...policies(random), { type: 'STATIC_DATA_END' }] : [];
  const sums = () => (digests ? [digest(random)] : []);
  const extension = () => [zeroPages(random), ...sums(), ...batches(), zstdPages(random), ...batches()];
  const pages = [...batches(), ...(extended ? extension() : [])];
  /** @type {ImageRecord[]} */
  const verified = random.chance(0.2) ? [{ type: 'VERIFY' }, ...batches()] : [];
  return [
    ...info,
    ...staticData,
    ...(pv ? [frames] : []),
    ...pages,
    ...verified,
    { type: 'X86_TSC_INFO', mode: 0, khz: random.below(2 ** 32), nanoseconds: 5n, incarnation: 0 },
    ...(pv ? pvState(random) : hvmState(random)),
    ...sums(),
    { type: 'END' },
  ];
}

/**
 * @param {Random} random
 * @returns {LibxlRecord[]}
 */
function emulatorRecords(random) {
  const emulator = { emulatorId: random.below(3), index: random.below(2) };
  const entries = [{ key: 'a/b', value: 'c' }, { key: 'd', value: '' }]; // prettier-ignore
  return [
    { type: 'EMULATOR_XENSTORE_DATA', ...emulator, entries },
    { type: 'EMULATOR_CONTEXT', ...emulator, context: random.octets(random.below(40)) },
  ];
}

/**
 * Generates a whole stream as parts, for `takeApart`'s readers; each record by its own encoder.
 * @param {Random} random
 * @param {Lib['protocol']} protocol
 */
export function generateStream(random, protocol) {
  /** @type {ByteOrder} */
  const order = random.chance(0.05) ? 'big-endian' : 'little-endian';
  const guest = random.pick(/** @type {const} */ (['x86-pv', 'x86-hvm']));
  const version = random.pick(/** @type {const} */ ([2, 3]));
  const extended = guest === 'x86-hvm' && random.chance(0.3);
  const digests = extended && random.chance(0.3);
  const { EXTENSION, DIGEST } = protocol.XlOptionalFlag;
  const flags = extended
    ? (EXTENSION | (digests ? DIGEST : 0)) >>> 0
    : random.pick([0, 0, 0, 1, 0x80000000, 0xc0000000]);
  /** @type {(layer: Layer, kind: Kind, octets: Uint8Array) => Part} */
  const part = (layer, kind, octets) => ({ layer, kind, octets });
  const configuration = JSON.stringify({ c_info: { name: 'fuzzed', type: 'pvh' } });
  /** @param {LibxlRecord} record */
  const libxlRecord = (record) => part('libxl', 'record', protocol.encodeLibxlRecord(record, order));
  const domain = { type: guest, pageShift: 12, xenMajor: 4, xenMinor: 17 };
  return [
    part('xl', 'xl-header', protocol.encodeXlHeader(protocol.xlHeader(configuration, flags))),
    part(
      'libxl',
      'libxl-header',
      protocol.encodeLibxlHeader({ version: 2, byteOrder: order, legacy: false }),
    ),
    libxlRecord({ type: 'LIBXC_CONTEXT' }),
    part('image', 'image-header', protocol.encodeImageHeader({ version, byteOrder: order })),
    part('image', 'domain-header', protocol.encodeDomainHeader(domain, order)),
    ...imageRecords(random, guest, version, extended, digests).map((record) =>
      part('image', 'record', protocol.encodeImageRecord(record, order)),
    ),
    ...(random.chance(0.5) ? emulatorRecords(random).map(libxlRecord) : []),
    ...(digests ? [libxlRecord(digest(random))] : []),
    libxlRecord({ type: 'END' }),
  ];
}
