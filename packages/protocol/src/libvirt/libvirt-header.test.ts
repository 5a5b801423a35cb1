/**
 * Tests of libvirt's header: as libvirt writes it, good and bad values side by side, any value, any octets.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeLibxlHeader,
  type Deviation,
  encodeLibvirtHeader,
  LIBVIRT_HEADER_LENGTH,
  LIBVIRT_MAGIC,
  LibvirtHeaderDecoder,
  MAX_DOMAIN_XML,
  StreamError,
} from '../index.js';
import { concat, decodeUnfinished, fixture, hex, reencode, SEED, toHex } from '../streams.test-support.js';

const recorded = fixture('xen-4.20/virsh-save.head.bin');
const head = (version: string, length: string, unused = '', xml = '') =>
  hex(`6c6962766972742d786d6c0a2000200d ${version} ${length} ${unused.padEnd(80, '0')} ${xml}`);

function decode(octets: Uint8Array) {
  const deviations: Deviation[] = [];
  const decoder = new LibvirtHeaderDecoder({
    strictness: 'verify',
    onDeviation: (each) => deviations.push(each),
  });
  decoder.give(octets.subarray(0, LIBVIRT_HEADER_LENGTH));
  const event = decoder.give(octets.subarray(LIBVIRT_HEADER_LENGTH, LIBVIRT_HEADER_LENGTH + decoder.wants));
  decoder.end();
  if (event === undefined) throw new Error('no header');
  return { header: event.header, fields: deviations.map(({ field }) => field), length: decoder.offset };
}

describe('what virsh save has written', () => {
  const { header, fields, length } = decode(recorded);

  it('is read, and written so', () => {
    expect(fields).toEqual([]);
    expect(new TextDecoder().decode(header.xml)).toMatch(/^<domain type='xen' id='\d+'>.*<\/domain>\n\0$/s);
    expect(toHex(encodeLibvirtHeader(header))).toBe(toHex(recorded.subarray(0, length)));
  });

  it("goes on as libxl's stream, without xl's header", () => {
    expect(decodeLibxlHeader(recorded.subarray(length))).toMatchObject({ version: 2 });
    const { events } = decodeUnfinished(recorded, { start: 'libvirt' });
    expect(events.map(({ kind }) => kind).slice(0, 5)).toEqual([
      ...['libvirt-header', 'libxl-header', 'record', 'image-header', 'domain-header'],
    ]);
    expect(toHex(reencode(events))).toBe(toHex(recorded));
  });
});

it.each([
  ['another magic', head('02000000', '05000000').with(0, 0x4c), 'bad-magic', 0],
  ['a version before libxl had its own', head('01000000', '05000000'), 'unsupported-version', 16],
  ['a version to come', head('03000000', '05000000'), 'unsupported-version', 16],
  ['no XML', head('02000000', '00000000'), 'bad-length', 20],
  ['more than 1 MiB of XML', head('02000000', '01001000'), 'record-too-long', 20],
])('refuses %s', (_, octets, code, offset) => {
  const details = { name: 'StreamError', layer: 'libvirt', code, offset };
  expect(() => decode(octets)).toThrow(expect.objectContaining(details));
});

it('reports unused octets that are used, and XML without its NUL; keeps both', () => {
  const odd = head('02000000', '04000000', '01', '3c612f3e');
  const { header, fields } = decode(odd);
  expect(fields).toEqual(['unused', 'xml']);
  expect(toHex(encodeLibvirtHeader(header))).toBe(toHex(odd));
});

it('cut short is no header', () => {
  for (const length of [0, LIBVIRT_HEADER_LENGTH]) {
    const decoder = new LibvirtHeaderDecoder();
    if (length > 0) decoder.give(recorded.subarray(0, length));
    const details = { code: 'truncated', layer: 'libvirt', offset: length };
    expect(() => decoder.end()).toThrow(expect.objectContaining(details));
  }
});

it('is not written where it could not be read', () => {
  const whole = { version: 2, unused: new Uint8Array(40), xml: new Uint8Array(1) } as const;
  for (const wrong of [
    { unused: new Uint8Array(39) },
    { xml: new Uint8Array(0) },
    { xml: new Uint8Array(MAX_DOMAIN_XML + 1) },
  ])
    expect(() => encodeLibvirtHeader({ ...whole, ...wrong })).toThrow(RangeError);
});

const unused = fc.uint8Array({ minLength: 40, maxLength: 40 });

it('value -> octets -> value', () => {
  fc.assert(
    fc.property(unused, fc.uint8Array({ minLength: 1, maxLength: 200 }), (unused, xml) => {
      const header = { version: 2, unused, xml } as const;
      expect(decode(encodeLibvirtHeader(header)).header).toEqual(header);
    }),
    { seed: SEED },
  );
});

it('octets -> value -> the same octets, or a StreamError', () => {
  const small = fc.integer({ min: 0, max: 3 });
  const octets = fc
    .tuple(small, fc.integer({ min: 0, max: 40 }), unused, fc.uint8Array({ maxLength: 40 }))
    .map(([version, length, unused, xml]) => {
      const numbers = new Uint8Array(Uint32Array.of(version, length).buffer);
      return concat([LIBVIRT_MAGIC, numbers, unused, xml]);
    });
  let read = 0;
  fc.assert(
    fc.property(octets, (octets) => {
      const decoder = new LibvirtHeaderDecoder();
      try {
        decoder.give(octets.subarray(0, LIBVIRT_HEADER_LENGTH));
        const xml = octets.subarray(LIBVIRT_HEADER_LENGTH, LIBVIRT_HEADER_LENGTH + decoder.wants);
        if (xml.length < decoder.wants) return decoder.end();
        const event = decoder.give(xml);
        expect(toHex(encodeLibvirtHeader(event!.header))).toBe(toHex(octets.subarray(0, decoder.offset)));
        read += 1;
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
      }
    }),
    { seed: SEED },
  );
  expect(read).toBeGreaterThan(0);
});
