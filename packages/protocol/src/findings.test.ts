/**
 * What the fuzzer has found, kept: every file of fixtures/fuzz, through the oracles of tooling/fuzz; and that the
 * oracles would speak up. docs/fuzzing.md tells how a finding gets here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as control from './control.js';
import * as handshake from './handshake/index.js';
import * as protocol from './index.js';
import * as helper from './save-helper/index.js';
import { concat, fixture, raw } from './streams.test-support.js';
import { walk } from './walk.test-support.js';

type Modules = Record<'control' | 'handshake' | 'helper' | 'protocol', Record<string, unknown>>;
interface Case {
  readonly needs?: readonly string[];
  check(octets: Uint8Array, lib: Modules): string;
}

// Plain JavaScript, outside of this package: it is fed these modules, and imports none.
const { cases } = (await import(new URL('../../../tooling/fuzz/cases.mjs', import.meta.url).href)) as {
  cases: Readonly<Record<string, Case>>;
};
const modules: Modules = { control, handshake, helper, protocol };
const folder = new URL('../fixtures/fuzz/', import.meta.url);

function finding(file: string): { one: Case; octets: Uint8Array } {
  const name = file.replace(/-[0-9a-f]{8}\.hex$/, '');
  const text = readFileSync(new URL(file, folder), 'utf8').replace(/^#.*$/gm, '');
  return { one: cases[name]!, octets: new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex')) };
}

// Those of the receiver are replayed there.
const files = readdirSync(folder).filter((file) => file.endsWith('.hex'));
const ours = files.filter((file) => finding(file).one.needs === undefined);

describe('kept findings', () => {
  it.each(ours)('%s', (file) => {
    const { one, octets } = finding(file);
    expect(one.check(octets, modules)).toMatch(/^[a-z-]+$/);
  });
});

describe('the oracles speak up when', () => {
  const golden = fixture('pvh-save.bin');
  const broken = (name: string, value: unknown): Modules => ({
    ...modules,
    protocol: { ...protocol, [name]: value },
  });
  const check = (lib: Modules, octets = golden) => cases['stream']!.check(octets, lib);

  it('nothing is wrong: they do not', () => {
    expect(check(modules)).toBe('accepted');
    expect(check(modules, golden.subarray(0, 5000))).toBe('truncated');
  });

  it('a record does not come back to its octets', () => {
    const lib = broken('encodeImageRecord', (record: protocol.ImageRecord) =>
      record.type === 'X86_TSC_INFO' ? raw(8, new Uint8Array(24)) : protocol.encodeImageRecord(record),
    );
    expect(() => check(lib)).toThrow(/^re-encoding/);
  });

  it('an end too early is no error', () => {
    class Careless extends protocol.StreamDecoder {
      override end(): void {
        // Whatever there was, it is enough.
      }
    }
    expect(() => check(broken('StreamDecoder', Careless), golden.subarray(0, 5000))).toThrow(/^end/);
  });

  it('another error than StreamError comes', () => {
    class Throwing extends protocol.StreamDecoder {
      override give(octets: Uint8Array): protocol.StreamEvent | undefined {
        if (this.offset > 1000) throw new TypeError('oops');
        return super.give(octets);
      }
    }
    expect(() => check(broken('StreamDecoder', Throwing))).toThrow(/^unexpected error: TypeError: oops/);
  });

  it('memory is taken for what was announced', () => {
    class Greedy extends protocol.StreamDecoder {
      override give(octets: Uint8Array): protocol.StreamEvent | undefined {
        const event = super.give(octets);
        return new Uint8Array(this.wants).length >= 0 ? event : undefined;
      }
    }
    const octets = golden.slice();
    // The body of the last record but two announces 128 MiB.
    const at = offsetOf(golden, 'HVM_CONTEXT');
    new DataView(octets.buffer).setUint32(at + 4, protocol.MAX_RECORD_BODY, true);
    expect(check(modules, octets)).toBe('truncated');
    expect(() => check(broken('StreamDecoder', Greedy), octets)).toThrow(/^allocation/);
  });

  it('chunks make a difference', () => {
    class Forgetful extends protocol.PushDecoder {
      override *pull(chunk: Uint8Array): Generator<protocol.PushEvent, void, undefined> {
        for (const event of super.pull(chunk)) if (event.kind !== 'pages') yield event;
      }
    }
    expect(() => check(broken('PushDecoder', Forgetful))).toThrow(/^chunks/);
  });

  it('receiving takes what verifying does not', () => {
    class Lenient extends protocol.StreamDecoder {
      constructor(options: protocol.StreamDecoderOptions) {
        super(options.strictness === 'verify' ? options : { ...options, onDeviation: () => undefined });
      }
    }
    expect(() => check(broken('StreamDecoder', Lenient))).toThrow(/^strictness/);
  });
});

function offsetOf(octets: Uint8Array, type: string): number {
  const { events } = walk(octets);
  return events.find((event) => event.kind === 'record' && event.record.type === type)!.offset;
}

// 1 MiB of empty keys: a report for each, half a million of them.
it('a body full of keys that are wrong is reported once', () => {
  const octets = fixture('pvh-save.bin');
  const keys = raw(2, new Uint8Array(2 ** 20));
  const stream = concat([octets.subarray(0, -8), keys, octets.subarray(-8)]);
  const { deviations, error } = walk(stream, { strictness: 'verify' });
  expect(error).toBeUndefined();
  const wrong = deviations.filter(({ severity }) => severity === 'wrong');
  expect(wrong.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'bad-value: key "" is not relative, nor are 524283 others',
  ]);
});

it('a key of 1 MiB is not repeated in full', () => {
  const key = new Uint8Array(2 ** 20 - 100).fill(0x2f);
  const record = raw(2, concat([new Uint8Array(8), key, new Uint8Array(2)]));
  const octets = fixture('pvh-save.bin');
  const { error } = walk(concat([octets.subarray(0, -8), record, octets.subarray(-8)]));
  expect(error).toMatchObject({ code: 'bad-value', field: 'key' });
  expect(error!.message.length).toBeLessThan(300);
});
