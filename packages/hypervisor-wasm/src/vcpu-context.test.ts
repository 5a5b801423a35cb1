import { HostError } from '@mig/hypervisor';
import { pack, Unpackr } from 'msgpackr';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { buildGuest } from './guest/guest-builder.test-support.js';
import { inspectGuest, LARGEST_GUEST, LONGEST_GLOBAL_NAME, MOST_STATE_GLOBALS } from './guest/inspect.js';
import { decodeVcpuContext, encodeVcpuContext, LARGEST_CONTEXT } from './vcpu-context.js';

const module = buildGuest();

function refusal(octets: Uint8Array): HostError {
  try {
    decodeVcpuContext(octets);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe("a vCPU's state", () => {
  it.each([false, true])('comes back, paused: %s', (paused) => {
    const { guest, globals, ...rest } = decodeVcpuContext(
      encodeVcpuContext({ guest: inspectGuest(module), globals: { counter: -5 }, paused }),
    );
    expect(globals).toEqual({ counter: -5 });
    expect(rest).toEqual({ paused });
    expect(guest.module).toEqual(module);
  });

  it('of an older mig says nothing of a pause: it was none', () => {
    expect(decodeVcpuContext(pack({ abi: 1, module, globals: { counter: 1 } })).paused).toBe(false);
  });

  it('keeps every number exactly', () => {
    const guest = inspectGuest(readFileSync(new URL('../dist/guests/wss.wasm', import.meta.url)));
    const numbers = { i32: -(2 ** 31), i64: -(2n ** 63n) + 1n, f32: 0, f64: -0 };
    const globals = Object.fromEntries([...guest.globals].map(([name, type]) => [name, numbers[type]]));
    Object.assign(globals, { lastTime: 0.1, dueWrites: -Infinity });
    expect(new Set(guest.globals.values())).toEqual(new Set(['i32', 'i64', 'f64']));
    expect(decodeVcpuContext(encodeVcpuContext({ guest, globals, paused: false })).globals).toStrictEqual(
      globals,
    );
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, 'it is not a map'],
    ['nothing', {}, 'it has no ABI'],
    ['an ABI that is a map', { abi: { toString: 1 }, module, globals: {} }, 'it has no ABI'],
    ['an ABI that is a text', { abi: '1', module, globals: {} }, 'it has no ABI'],
    ['globals that are bytes', { abi: 1, module, globals: Buffer.alloc(100) }, 'it has no globals'],
    ['a global that is a map', { abi: 1, module, globals: { counter: { valueOf: 1 } } }, 'more of it than'],
    ['another ABI', { abi: 2, module, globals: { counter: 1 } }, 'it is of ABI 2'],
    ['no module', { abi: 1, globals: {} }, 'it has no module'],
    ['text for a module', { abi: 1, module: 'x', globals: {} }, 'it has no module'],
    ['no globals', { abi: 1, module }, 'it has no globals'],
    ['a global missing', { abi: 1, module, globals: {} }, 'the global counter is not an i32'],
    ['a global of another type', { abi: 1, module, globals: { counter: 'x' } }, 'the global counter is not'],
    ['a global out of range', { abi: 1, module, globals: { counter: 2 ** 40 } }, 'the global counter is not'],
    ['a global too many', { abi: 1, module, globals: { counter: 1, other: 1 } }, 'has no global other'],
    [
      'a pause that is neither',
      { abi: 1, module, globals: { counter: 1 }, paused: 1 },
      'whether it was paused is no boolean',
    ],
  ])('with %s is refused', (_, value, message) => {
    const error = refusal(pack(value));
    expect(error.code).toBe('bad-guest');
    expect(error.message).toContain(message);
  });

  it('is looked through before it is unpacked: counts that stand for nothing', () => {
    const maps = new Array(60_000).fill({});
    for (const value of [
      { abi: 1, module, globals: maps },
      { abi: 1, module, globals: Object.fromEntries(maps.map((_, i) => [`g${i}`, 1])) },
      { abi: 1, module, globals: { ['x'.repeat(2 ** 20)]: 1 } },
      { abi: 1, module, globals: { counter: [[[[1]]]] } },
    ]) {
      const unpacking = vi.spyOn(Unpackr.prototype, 'unpack');
      expect(refusal(pack(value)).message).toContain('more of it than a guest has');
      expect(unpacking).not.toHaveBeenCalled();
      unpacking.mockRestore();
    }
  });

  it('has room for all the globals that a guest may have, with the longest of names', () => {
    const alsoGlobals = Array.from({ length: MOST_STATE_GLOBALS - 1 }, (_, i) =>
      `g${i}`.padEnd(LONGEST_GLOBAL_NAME, 'x'),
    );
    const guest = inspectGuest(buildGuest({ alsoGlobals }));
    const globals = Object.fromEntries([...guest.globals.keys()].map((name) => [name, -(2 ** 31)]));
    const octets = encodeVcpuContext({ guest, globals, paused: true });
    expect(octets.length).toBeLessThan(guest.module.length + LARGEST_CONTEXT - LARGEST_GUEST);
    expect(decodeVcpuContext(octets).globals).toEqual(globals);
  });

  it('is refused, cut anywhere', () => {
    const octets = encodeVcpuContext({ guest: inspectGuest(module), globals: { counter: 1 }, paused: false });
    for (let length = 0; length < octets.length; length++) {
      expect(refusal(octets.subarray(0, length)).code).toBe('bad-guest');
    }
  });
});
