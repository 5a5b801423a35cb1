import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { domainConfiguration } from './domain-configuration.js';
import { parseConfiguration } from './parser.js';

const base = 'name = "g"\ntype = "wasm"\nkernel = "g.wasm"\n';

function build(text: string) {
  return domainConfiguration(parseConfiguration(text, 'x.cfg'));
}

describe('domainConfiguration', () => {
  it('gives libxl JSON', () => {
    const { json, name, warnings } = build(
      `${base}memory = 64\ncmdline = "pages=3"\nvcpus = 1\nuuid = "0123456789AB-cdef-0123-456789abcdef"`.replace(
        '0123456789AB-',
        '01234567-89AB-',
      ),
    );
    expect(JSON.parse(json)).toEqual({
      c_info: { type: 'wasm', name: 'g', uuid: '01234567-89ab-cdef-0123-456789abcdef' },
      b_info: {
        max_vcpus: 1,
        max_memkb: 65536,
        target_memkb: 65536,
        kernel: resolve('g.wasm'),
        cmdline: 'pages=3',
      },
    });
    expect(name).toBe('g');
    expect(warnings).toEqual([]);
  });

  it('fills in what is missing', () => {
    const value = JSON.parse(build(base).json) as { c_info: { uuid: string }; b_info: object };
    expect(value.c_info.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(value.b_info).toMatchObject({ max_memkb: 32768, cmdline: '' });
  });

  it.each([
    ['root = "/dev/a"', 'root=/dev/a'],
    ['extra = "x y"', 'x y'],
    ['root = "r"\nextra = "x"', 'root=r x'],
    ['root = "r"\ncmdline = "c"', 'c'],
    ['cmdline = 7', '7'],
  ])('%j makes the command line %j', (text, cmdline) => {
    expect(JSON.parse(build(base + text).json)).toMatchObject({ b_info: { cmdline } });
  });

  it.each([
    ['cmdline', `cmdline = "${'x'.repeat(4089)}"`],
    ['extra', `root = "r"\nextra = "${'x'.repeat(4082)}"`],
    ['root', `root = "${'ü'.repeat(2042)}"`],
  ])('says where a command line gets too long: %s', (key, text) => {
    const line = text.split('\n').length + 3;
    expect(() => build(base + text)).toThrow(
      `x.cfg:${line}:${key.length + 4}: ${key} makes a command line of more than 4088 bytes`,
    );
    expect(() => build(base + text.replace(/xx|ü/, 'x'))).not.toThrow();
  });

  it('quotes shortly what is amiss', () => {
    const long = 'x'.repeat(100_000);
    for (const text of [`type = "${long}"`, `uuid = "${long}"`, `memory = "${long}"`]) {
      let message = '';
      try {
        build(`${base}${text}`);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^x\.cfg:4:\d+: .*x{200}\.\.\./);
      expect(message.length).toBeLessThan(400);
    }
  });

  it('takes an absolute kernel and numbers in quotes', () => {
    const text = `${base}kernel = "/k.wasm"\nmemory = "0x10"\nmaxmem = 16\nname = 12`;
    expect(JSON.parse(build(text).json)).toMatchObject({
      c_info: { name: '12' },
      b_info: { kernel: '/k.wasm', max_memkb: 16384 },
    });
  });

  it('leaves the name of a guest as it is', () => {
    expect(JSON.parse(build(`${base}kernel = "wss"`).json)).toMatchObject({ b_info: { kernel: 'wss' } });
    expect(JSON.parse(build(`${base}kernel = "./wss"`).json)).toMatchObject({
      b_info: { kernel: resolve('wss') },
    });
  });

  it('warns of what it does not know', () => {
    expect(build(`${base}vif = [ "" ]\ndisk = []`).warnings).toEqual([
      'x.cfg:4:1: vif is ignored: wasm domains have no such setting',
      'x.cfg:5:1: disk is ignored: wasm domains have no such setting',
    ]);
  });

  it.each([
    ['type = "wasm"', /Domain name must be specified/],
    [`${base}name = ""`, /^x\.cfg:4:8: name must not be empty/],
    [`${base}name = "a\\nb"`, /control characters/],
    [`${base}name = "../a"`, /'\/'/],
    [`${base}name = [ "a" ]`, /name must be a string, not a list/],
    [`${base}type = "pvh"`, /type = "pvh" needs a Xen host; here only type = "wasm"/],
    ['name = "a"', /no type, which asks for a PV domain/],
    ['name = "a"\nbuilder = "hvm"', /^x\.cfg:2:11: builder/],
    ['name = "a"\ntype = "wasm"', /kernel must name the WebAssembly program/],
    [`${base}kernel = ""`, /kernel must name/],
    [`${base}memory = 0`, /memory must be a whole number from 1 to 4096, not "0"/],
    [`${base}memory = "1.5"`, /memory must be .* not "1.5"/],
    [`${base}memory = ""`, /memory must be .* not ""/],
    [`${base}memory = "-4"`, /memory must be .* not "-4"/],
    [`${base}memory = 08`, /memory must be .* not "08"/],
    [`${base}memory = 99999999999999999999999`, /memory must be .* not "9+"/],
    [`${base}memory = [ 4 ]`, /memory must be .*, not a list/],
    [`${base}memory = 4\nmemory += 4`, /\+= is for strings and lists/],
    [`${base}vcpus = 2`, /vcpus = 2 is refused: only 1/],
    [`${base}vcpus = 0`, /vcpus = 0 is refused/],
    [`${base}maxmem = 64\nmemory = 32`, /maxmem = 64 is refused: only 32/],
    [`${base}uuid = "nope"`, /Failed to parse UUID: nope/],
  ])('%j is refused', (text, message) => {
    expect(() => build(text)).toThrow(message);
  });
});
