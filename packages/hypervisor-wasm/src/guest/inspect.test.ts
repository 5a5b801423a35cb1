import { HostError } from '@mig/hypervisor';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildGuest, type GuestParts, I32, leb, manyItems } from './guest-builder.test-support.js';
import { inspectGuest, LONGEST_GLOBAL_NAME, MOST_STATE_GLOBALS } from './inspect.js';

function refusal(module: Uint8Array): HostError {
  try {
    inspectGuest(module);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('the module was accepted');
}

describe('a guest', () => {
  it('is accepted, and its state found', () => {
    const guest = inspectGuest(buildGuest({ minimumMemory: 3 }));
    expect([...guest.globals]).toEqual([['counter', 'i32']]);
    expect(guest.minimumMemory).toBe(3);
  });

  it('may have tables that are bounded', () => {
    expect(() =>
      inspectGuest(
        buildGuest({
          tables: [
            [1, 50_000],
            [0, 50_000],
          ],
        }),
      ),
    ).not.toThrow();
  });

  it('may import what ABI 1 has, and only as it has it', () => {
    expect(refusal(buildGuest({ alsoImports: 'mig.now' })).message).toContain(
      'it imports mig.now as () -> (): it is () -> (f64)',
    );
  });

  it.each(['wss', 'idle'])('%s, which comes with the package, is one', (name) => {
    const module = readFileSync(new URL(`../../dist/guests/${name}.wasm`, import.meta.url));
    expect(inspectGuest(module).globals.get('ticks')).toBe('i64');
  });

  it.each<[string, GuestParts, string]>([
    ['a start section', { startSection: true }, 'start section'],
    ['a hidden mutable global', { hidesCounter: true }, 'its mutable global 1 is not exported'],
    ['no memory', { importsMemory: false, run: [0x41, 0] }, 'does not import its memory'],
    ['memory of its own', { importsMemory: false, ownMemory: true }, 'a memory of its own'],
    ['memory that is not shared', { shared: false }, 'is not shared'],
    ['memory with another maximum', { maximumMemory: 100 }, 'maximum'],
    ['another import', { alsoImports: 'env.abort' }, 'it imports the function env.abort'],
    ['an import by the name of an object method', { alsoImports: 'a.toString' }, 'a.toString'],
    ['no ABI', { abiExported: false }, 'does not export the global mig_abi'],
    ['another ABI', { abi: 7 }, 'it is of ABI 7; this is ABI 1'],
    ['no start()', { exportsStart: false }, 'does not export the function start'],
    ['no run()', { exportsRun: false }, 'does not export the function run'],
    ['run() of another type', { runReturnsNothing: true }, 'its run is () -> (): it must be () -> (i32)'],
    ['code that is not valid', { run: [0x1a, 0x41, 0] }, 'not a valid WebAssembly module'],
    ['a table without a maximum', { tables: [[1]] }, 'it has a table without a maximum'],
    [
      'tables that may grow too far',
      {
        tables: [
          [1, 50_000],
          [0, 50_001],
        ],
      },
      'its tables may grow to 100001 entries; at most 100000 are allowed',
    ],
    [
      'too many globals',
      { alsoGlobals: Array.from({ length: MOST_STATE_GLOBALS }, (_, i) => `g${i}`) },
      'it has 1025 mutable globals; at most 1024 are allowed',
    ],
    [
      'a global with a long name',
      { alsoGlobals: ['g'.repeat(LONGEST_GLOBAL_NAME + 1)] },
      'its mutable global 2 has a name of more than 255 bytes',
    ],
    [
      'an import with a very long name',
      { alsoImports: `a.${'b'.repeat(100_001)}` },
      'a name of 100001 bytes',
    ],
    [
      'an import with a long name',
      { alsoImports: `a.${'b'.repeat(100_000)}` },
      `a.${'b'.repeat(198)}..., which`,
    ],
  ])('with %s is refused by name', (_, parts, message) => {
    const error = refusal(buildGuest(parts));
    expect(error.code).toBe('bad-guest');
    expect(error.message).toContain(message);
  });

  // 16 MiB of items of one or a few octets each once became up to 1.6 GiB of objects.
  it.each<[string, number, number[]]>([
    ['types', 1, [0x60, 0, 0]],
    ['imports', 2, [0, 0, 3, I32, 0]],
    ['functions', 3, [0]],
    ['globals', 6, [I32, 0, 0x41, 0, 0x0b]],
    ['exports', 7, [0, 0, 0]],
  ])('with more %s than any guest has is refused before they are read', (what, id, item) => {
    const { message } = refusal(manyItems(id, item, 100_001));
    expect(message).toContain(`more than 100000 ${what}`);
    expect(refusal(manyItems(id, item, 100_000)).message).not.toContain('more than');
  });

  it('with more parameters than the engine takes is refused before they are read', () => {
    const parameters = Array<number>(1001).fill(I32);
    const type = (length: number) => [0x60, ...leb(length), ...parameters.slice(0, length), 0];
    expect(refusal(manyItems(1, type(1001), 1)).message).toContain('more than 1000 parameters');
    expect(refusal(manyItems(1, type(1000), 1)).message).not.toContain('more than');
  });

  it('with a section that comes twice is refused there', () => {
    const once = manyItems(1, [0x60, 0, 0], 3);
    const twice = new Uint8Array([...once, ...once.subarray(8)]);
    expect(refusal(twice).message).toContain('section 1 comes a second time');
  });

  it('is refused, cut anywhere', () => {
    const module = buildGuest();
    let cuts = 0;
    for (; cuts < module.length; cuts++) expect(refusal(module.subarray(0, cuts)).code).toBe('bad-guest');
    expect(cuts).toBeGreaterThan(100);
  });

  it('is accepted or refused, never more, whatever octet is another', () => {
    const module = buildGuest();
    for (let at = 0; at < module.length; at++) {
      for (const octet of [0x00, 0x7f, 0x80, 0xff]) {
        const changed = module.slice();
        changed[at] = octet;
        try {
          inspectGuest(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(HostError);
        }
      }
    }
  });
});
