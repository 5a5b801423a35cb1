/** Tests of the headers of all layers: good and bad values side by side, odd bits kept. */
import { describe, expect, it } from 'vitest';
import {
  configurationOf,
  decodeDomainHeader,
  decodeImageHeader,
  decodeLibxlHeader,
  encodeDomainHeader,
  encodeImageHeader,
  encodeLibxlHeader,
  encodeXlHeader,
  offersExtension,
  XlHeaderDecoder,
  xlHeader,
  XlOptionalFlag,
  type Deviation,
  type XlHeader,
} from '../index.js';
import { concat, decodeAll, fixture, hex, thinned, toHex } from '../streams.test-support.js';

const MAGIC = '58656e20736176656420646f6d61696e2c20786c20666f726d61740a2000200d';

function decodeXl(octets: Uint8Array, strictness: 'receive' | 'verify' = 'receive') {
  const deviations: Deviation[] = [];
  const decoder = new XlHeaderDecoder({
    strictness,
    offset: 0,
    onDeviation: (each) => deviations.push(each),
  });
  const first = decoder.give(octets.subarray(0, 48));
  const event = first ?? decoder.give(octets.subarray(48, 48 + decoder.wants));
  decoder.end();
  if (event === undefined) throw new Error('no header');
  return { header: event.header, deviations, decoder };
}

describe('the xl header', () => {
  it('is written as stock writes it', () => {
    const octets = encodeXlHeader(xlHeader('{"ü":1}'));
    expect(toHex(octets)).toBe(`${MAGIC}0403020103000000000000000d000000090000007b22c3bc223a317d00`);
    const { header, deviations } = decodeXl(octets, 'verify');
    expect(deviations).toEqual([]);
    expect(configurationOf(header)).toBe('{"ü":1}');
    const recorded = fixture('pvh-save.bin');
    const { header: stock } = decodeXl(recorded.subarray(0, 882), 'verify');
    const text = configurationOf(stock);
    expect(JSON.parse(text)).toMatchObject({ c_info: { type: 'pvh' } });
    expect(toHex(encodeXlHeader(xlHeader(text)))).toBe(toHex(recorded.subarray(0, 882)));
  });

  it('without optional data is complete, and without configuration', () => {
    const header: XlHeader = {
      byteOrder: 'little-endian',
      mandatoryFlags: 2,
      optionalFlags: 0,
      optionalData: hex(''),
    };
    const decoded = decodeXl(encodeXlHeader(header));
    expect(decoded.header).toEqual(header);
    expect(() => configurationOf(decoded.header)).toThrow(expect.objectContaining({ code: 'bad-length' }));
  });

  const head = (flags: string, data: string, mark = '04030201') => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(hex(data).length);
    return concat([hex(MAGIC + mark + flags + '00000000'), length, hex(data)]);
  };

  it.each([
    ['another magic', hex(MAGIC.replace('58', '59') + '00'.repeat(16)), 'bad-magic'],
    ['no byte order', head('03000000', '', '01010101'), 'unsupported-byte-order'],
    ['big-endian', hex(`${MAGIC}01020304 00000003 00000000 00000000`), 'unsupported-byte-order'],
    ['a flag of a newer xl', head('07000000', ''), 'unsupported-version'],
    ['a legacy stream', head('01000000', ''), 'unsupported-version'],
    ['17 MiB of optional data', hex(`${MAGIC}04030201 03000000 00000000 00001001`), 'record-too-long'],
    ['3 bytes of optional data', head('03000000', '010000'), 'bad-length'],
    ['a configuration cut short', head('03000000', '03000000 7b7d'), 'bad-length'],
  ])('refuses %s', (_, octets, code) => {
    expect(() => decodeXl(octets)).toThrow(
      expect.objectContaining({ name: 'StreamError', layer: 'xl', code }),
    );
  });

  it('reports optional flags, and a configuration without its NUL; skips what follows it', () => {
    const octets = head('03000000', '02000000 7b7d ff').with(40, 1);
    const { header, deviations } = decodeXl(octets, 'verify');
    expect(deviations.map(({ field }) => field)).toEqual(['optional_flags', 'configuration']);
    expect(configurationOf(header)).toBe('{}');
    expect(toHex(encodeXlHeader(header))).toBe(toHex(octets));
  });

  it("tolerates mig's flag, and reports every other beside it", () => {
    const text = '{"c_info":{}}';
    expect(xlHeader(text).optionalFlags).toBe(0);
    const octets = encodeXlHeader(xlHeader(text, XlOptionalFlag.EXTENSION));
    // But for one bit the octets are the same.
    expect(toHex(octets.with(43, 0))).toBe(toHex(encodeXlHeader(xlHeader(text))));
    expect(octets[43]).toBe(0x80);
    const { header, deviations } = decodeXl(octets, 'verify');
    expect(offersExtension(header)).toBe(true);
    expect(deviations).toMatchObject([{ severity: 'tolerated', code: 'mig-extension' }]);
    const more = decodeXl(octets.with(40, 1), 'verify');
    expect(more.deviations.map(({ code }) => code)).toEqual(['mig-extension', 'bad-value']);
    expect(offersExtension(xlHeader(text, 0x7fffffff))).toBe(false);
  });

  it('no recorded stream of stock has the flag', () => {
    for (const name of thinned) {
      const [event] = decodeAll(fixture(name)).events;
      expect(event).toMatchObject({ kind: 'xl-header', header: { optionalFlags: 0 } });
    }
  });

  it.each([
    ['of xl.cfg', '02000000', '02000000 7b00'],
    ['not UTF-8', '03000000', '02000000 ff00'],
  ])('refuses a configuration %s', (_, flags, data) => {
    const { header } = decodeXl(head(flags, data));
    expect(() => configurationOf(header)).toThrow(expect.objectContaining({ code: 'bad-value' }));
  });

  it('reads big-endian numbers', () => {
    const octets = hex(`${MAGIC}01020304 00000003 00000000 00000007 00000003 7b7d00`);
    const { header, deviations } = decodeXl(octets, 'verify');
    expect(deviations.map(({ code }) => code)).toEqual(['unsupported-byte-order']);
    expect([header.byteOrder, configurationOf(header)]).toEqual(['big-endian', '{}']);
    expect(toHex(encodeXlHeader(header))).toBe(toHex(octets));
  });
});

describe('the libxl header', () => {
  it.each([
    [{ version: 2, byteOrder: 'little-endian', legacy: false }, '4c6962786c466d74 00000002 00000000'],
    [{ version: 2, byteOrder: 'big-endian', legacy: true }, '4c6962786c466d74 00000002 00000003'],
    [
      { version: 2, byteOrder: 'little-endian', legacy: false, options: 0x80000004 },
      '4c6962786c466d74 00000002 80000004',
    ],
  ] as const)('%j <-> %s', (header, text) => {
    expect(toHex(encodeLibxlHeader(header))).toBe(text.replace(/ /g, ''));
    expect(decodeLibxlHeader(hex(text))).toEqual(header);
  });

  it.each([
    ['4c6962786c466d75 00000002 00000000', 'bad-magic'],
    ['4c6962786c466d74 00000001 00000000', 'unsupported-version'],
    ['4c6962786c466d74 02000000 00000000', 'unsupported-version'],
  ])('%s: %s', (text, code) => {
    expect(() => decodeLibxlHeader(hex(text), 7)).toThrow(expect.objectContaining({ code, layer: 'libxl' }));
  });
});

describe('the headers of the image', () => {
  it.each([
    [{ version: 3, byteOrder: 'little-endian' }, 'ffffffffffffffff 58454e46 00000003 0000 000000000000'],
    [{ version: 2, byteOrder: 'big-endian' }, 'ffffffffffffffff 58454e46 00000002 0001 000000000000'],
    [
      { version: 3, byteOrder: 'little-endian', options: 0x8000, reserved: hex('000000000001') },
      'ffffffffffffffff 58454e46 00000003 8000 000000000001',
    ],
  ] as const)('%j <-> %s', (header, text) => {
    expect(toHex(encodeImageHeader(header))).toBe(text.replace(/ /g, ''));
    expect(decodeImageHeader(hex(text))).toEqual(header);
  });

  it.each([
    [
      'little-endian',
      { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 },
      '02000000 0c00 0000 04000000 11000000',
    ],
    [
      'big-endian',
      { type: 'x86-pv', pageShift: 12, xenMajor: 4, xenMinor: 17 },
      '00000001 000c 0000 00000004 00000011',
    ],
    [
      'little-endian',
      { type: 'x86-hvm', pageShift: 12, xenMajor: 0, xenMinor: 1, reserved: hex('0100') },
      '02000000 0c00 0100 00000000 01000000',
    ],
  ] as const)('%s %j <-> %s', (order, header, text) => {
    expect(toHex(encodeDomainHeader(header, order))).toBe(text.replace(/ /g, ''));
    expect(decodeDomainHeader(hex(text), order)).toEqual(header);
  });
});
