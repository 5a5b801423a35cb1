// Checks of any octets taken for a guest's program, or for the state of a vCPU.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { allocatesLittle } from './chunks.mjs';
import { must, onlyThrows } from './violation.mjs';

/** @import { HostError } from '@mig/hypervisor' */
/** @import { Guest } from '@mig/hypervisor-wasm' */
/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

/**
 * Checks that the engine reads an accepted module as the loader does.
 * @param {Uint8Array<ArrayBuffer>} module
 * @param {Guest} guest
 */
function engineAgrees(module, guest) {
  const compiled = new WebAssembly.Module(module);
  const imports = WebAssembly.Module.imports(compiled);
  const allowed = ['env.memory', 'mig.now', 'mig.console'];
  for (const { module: from, name } of imports) {
    must(allowed.includes(`${from}.${name}`), 'engine', () => `it imports ${from}.${name}`);
  }
  const exported = WebAssembly.Module.exports(compiled);
  for (const [name, kind] of [
    ['mig_abi', 'global'],
    ['start', 'function'],
    ['run', 'function'],
  ]) {
    // prettier-ignore
    must(exported.some((each) => each.name === name && each.kind === kind), 'engine', () => `no ${name}`);
  }
  for (const name of guest.globals.keys()) {
    must(
      exported.some((each) => each.name === name && each.kind === 'global'),
      'engine',
      () => name,
    );
  }
  const memory = new WebAssembly.Memory({ shared: true, initial: guest.minimumMemory, maximum: 65536 });
  const mig = { now: () => 0, console: () => undefined };
  /** @type {Record<string, unknown>} */
  let exports;
  try {
    // Nothing runs: there is no start function.
    ({ exports } = new WebAssembly.Instance(compiled, { env: { memory }, mig }));
  } catch (error) {
    // Segments beyond the memory or the table: the domain's process reports a bad guest.
    must(error instanceof WebAssembly.RuntimeError, 'engine', () => String(error));
    return;
  }
  const { mig_abi: abi } = exports;
  must(abi instanceof WebAssembly.Global && abi.value === 1, 'engine', () => `another ABI than 1`);
}

/** @param {HostError} error */
function refusalMakesSense(error) {
  must(error.code === 'bad-guest', 'error', () => String(error));
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkGuest(octets, { wasm, hypervisor }) {
  const inspect = () => wasm.inspectGuest(octets);
  const { error, value: guest } = allocatesLittle(octets, () => onlyThrows([hypervisor.HostError], inspect));
  const program = new Uint8Array(octets);
  if (error !== undefined) {
    refusalMakesSense(error);
    return WebAssembly.validate(program) ? 'refused' : 'no module';
  }
  must(guest.minimumMemory <= 65536, 'memory', () => `${guest.minimumMemory} pages`);
  if (guest.minimumMemory <= 64) engineAgrees(program, guest);
  return 'accepted';
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkVcpuContext(octets, { wasm, hypervisor }) {
  const decode = () => wasm.decodeVcpuContext(octets);
  const { error, value: context } = allocatesLittle(octets, () => onlyThrows([hypervisor.HostError], decode));
  if (error !== undefined) {
    refusalMakesSense(error);
    return 'refused';
  }
  const { guest, globals, paused } = context;
  must(isDeepStrictEqual(Object.keys(globals).sort(), [...guest.globals.keys()].sort()), 'globals', () =>
    Object.keys(globals).join(' '),
  );
  const again = wasm.decodeVcpuContext(wasm.encodeVcpuContext(context));
  must(isDeepStrictEqual(again.globals, globals), 're-encoding', 'other globals');
  must(again.paused === paused, 're-encoding', 'paused or not');
  must(Buffer.compare(again.guest.module, guest.module) === 0, 're-encoding', 'another module');
  return 'accepted';
}

/** A guest that does nothing, one section of each kind per line: small inputs run often. */
const small = octetsOf(`
  0061736d01000000
  0111046000006000017f60027f7f006000017c
  022a0303656e76066d656d6f7279020302808004036d696707636f6e736f6c650002036d6967036e6f770003
  0303020001
  0610037f0041010b7f0141000b7e0142070b
  072b05076d69675f616269030007636f756e7465720301057469636b73030205737461727400020372756e0003
  0a090202000b040041000b
  0b08010041100b026869
`);
/** @type {Uint8Array[] | undefined} */
let programs;

/** @param {string} text in hexadecimal */
function octetsOf(text) {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

/**
 * The small guest or, sometimes, one that comes with mig.
 * @param {Random} random
 */
export function anyGuest(random) {
  const folder = new URL('../../packages/hypervisor-wasm/dist/guests/', import.meta.url);
  programs ??= ['idle.wasm', 'wss.wasm'].map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
  return random.chance(0.8) ? small : random.pick(programs);
}

/** @param {Random} random @param {Lib} lib */
export function generateVcpuContext(random, { wasm }) {
  const guest = wasm.inspectGuest(anyGuest(random));
  const value = { i32: () => random.below(2 ** 31), i64: () => BigInt(random.below(2 ** 32)), f32: () => 1.5, f64: () => NaN }; // prettier-ignore
  const globals = Object.fromEntries([...guest.globals].map(([name, type]) => [name, value[type]()]));
  return Uint8Array.from(wasm.encodeVcpuContext({ guest, globals, paused: random.chance(0.5) }));
}
