import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CONFIGURATION, MAX_CONFIGURATION_DEPTH, parseConfigurationJson } from '../index.js';

/** Makes an object with `depth` alternately nested lists and objects. */
function nested(depth: number): string {
  let text = '1';
  for (let i = 1; i < depth; i++) text = i % 2 === 0 ? `[${text}]` : `{"a":${text}}`;
  return `{"x":${text}}`;
}

describe("a configuration's JSON", () => {
  it('is unpacked up to its depth, and refused beyond', () => {
    expect(JSON.stringify(parseConfigurationJson(nested(MAX_CONFIGURATION_DEPTH)))).toBe(
      nested(MAX_CONFIGURATION_DEPTH),
    );
    for (const depth of [MAX_CONFIGURATION_DEPTH + 1, 20_000, 100_000]) {
      expect(() => parseConfigurationJson(nested(depth))).toThrow('is nested deeper than 32');
    }
    expect(() => parseConfigurationJson('['.repeat(MAX_CONFIGURATION))).toThrow('is nested deeper than 32');
  });

  it('has brackets in its texts that count for nothing', () => {
    const value = { x: '[{'.repeat(1000), y: '\\"[[', 'k[[[': ['"', '\\'] };
    expect(parseConfigurationJson(JSON.stringify(value))).toEqual(value);
  });

  it('is read up to its length, and refused beyond', () => {
    const room = MAX_CONFIGURATION - '{"x":""}'.length;
    for (const longest of [`{"x":"${'x'.repeat(room)}"}`, `{"x":"${'ü'.repeat(Math.floor(room / 2))}"} `]) {
      expect(parseConfigurationJson(longest)).toHaveProperty('x');
      expect(() => parseConfigurationJson(`${longest} `)).toThrow('has more than 1048571 bytes');
    }
  });

  it.each(['', '{', 'nul', '{"a":1}{', ']]]]', '"'])('is not %j', (text) => {
    expect(() => parseConfigurationJson(text)).toThrow('is not JSON');
  });

  it.each(['null', '[]', '"x"', '1'])('is an object, not %j', (text) => {
    expect(() => parseConfigurationJson(text)).toThrow('is not a JSON object');
  });

  it('is what JSON.parse makes of it, within the limits', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 8 })), (value) => {
        const text = JSON.stringify(value);
        expect(parseConfigurationJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});
