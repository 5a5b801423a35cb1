/**
 * The state of a domain's vCPU, as EMULATOR_CONTEXT carries it: MessagePack of
 *
 *     { abi: 1, module: the guest's WebAssembly octets, globals: { name: value }, paused: its operator had paused it }
 *
 * with an i32 as an integer, an i64 as a 64-bit integer, an f32 or f64 as the 64 bits of the f64 of that
 * value. `paused` may be absent, and is then false. The module travels along, so that the target needs no
 * file.
 */
import { HostError } from '@mig/hypervisor';
import { quoted } from '@mig/protocol/terminal-text';
import { isPlainMessage, type MessageLimits } from '@mig/protocol';
import { Packr, Unpackr } from 'msgpackr';
import {
  type Guest,
  GUEST_ABI,
  inspectGuest,
  LARGEST_GUEST,
  MOST_STATE_GLOBALS,
  type StateType,
} from './guest/inspect.js';

export type GlobalValue = number | bigint;
export type Globals = Readonly<Record<string, GlobalValue>>;

export interface VcpuContext {
  readonly guest: Guest;
  readonly globals: Globals;
  /** Whether its operator had paused it: then it arrives paused. */
  readonly paused: boolean;
}

/** Most octets beside the module: room for the globals of a guest, with their names. */
const LARGEST_REST = 1 << 20;

/** Most octets of a vCPU's state. */
export const LARGEST_CONTEXT = LARGEST_GUEST + LARGEST_REST;

/** Limits of the message: a map of maps with four names and values, and as many globals as allowed. */
export const CONTEXT_LIMITS: MessageLimits = {
  depth: 2,
  values: 1 + 8 + 2 * MOST_STATE_GLOBALS,
  text: LARGEST_REST,
};

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

export function encodeVcpuContext({ guest, globals, paused }: VcpuContext): Uint8Array {
  const packed: Record<string, GlobalValue> = {};
  for (const [name, type] of guest.globals) packed[name] = pack(type, globals[name]!);
  return packr.pack({ abi: GUEST_ABI, module: guest.module, globals: packed, paused });
}

/** @throws HostError bad-guest where this is not a vCPU's state, or its guest cannot be run */
export function decodeVcpuContext(octets: Uint8Array): VcpuContext {
  if (octets.length > LARGEST_CONTEXT) refuse(`it has ${octets.length} bytes, at most ${LARGEST_CONTEXT}`);
  const { abi, module, globals, paused = false } = unpack(octets);
  if (typeof abi !== 'number') refuse('it has no ABI');
  if (abi !== GUEST_ABI) refuse(`it is of ABI ${abi}; this is ABI ${GUEST_ABI}`);
  if (!(module instanceof Uint8Array)) refuse('it has no module');
  if (!isObject(globals)) refuse('it has no globals');
  if (typeof paused !== 'boolean') refuse('whether it was paused is no boolean');
  const guest = inspectGuest(new Uint8Array(module));
  const restored: Record<string, GlobalValue> = {};
  for (const [name, type] of guest.globals) restored[name] = restore(name, type, globals[name]);
  for (const name of Object.keys(globals)) {
    if (!guest.globals.has(name)) refuse(`the guest has no global ${quoted(name)}`);
  }
  return { guest, globals: restored, paused };
}

function unpack(octets: Uint8Array): Record<string, unknown> {
  if (!isPlainMessage(octets, CONTEXT_LIMITS)) {
    refuse('it is not MessagePack, or more of it than a guest has');
  }
  let value: unknown;
  try {
    value = unpackr.unpack(octets);
  } catch (error) {
    return refuse('it is not MessagePack', error);
  }
  return isObject(value) ? value : refuse('it is not a map');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

const float = new DataView(new ArrayBuffer(8));

function pack(type: StateType, value: GlobalValue): GlobalValue {
  if (type === 'i32' || type === 'i64') return value;
  float.setFloat64(0, Number(value));
  return float.getBigInt64(0);
}

function restore(name: string, type: StateType, value: unknown): GlobalValue {
  if (type === 'i32' && typeof value === 'number' && (value | 0) === value) return value;
  if (type !== 'i32' && typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
    if (type === 'i64') return value;
    float.setBigInt64(0, value);
    return float.getFloat64(0);
  }
  return refuse(`the global ${quoted(name)} is not an ${type}`);
}

function refuse(reason: string, cause?: unknown): never {
  throw new HostError('bad-guest', `the state of the vCPU cannot be restored: ${reason}`, { cause });
}
