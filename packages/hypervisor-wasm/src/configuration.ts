/** A domain's configuration: libxl JSON, as in the xl header of a stream. */
import { HostError } from '@mig/hypervisor';
import { ConfigurationJsonError, MAX_CONFIGURATION, parseConfigurationJson } from '@mig/protocol';
import { nameOfAway, nameOfIncoming, nameProblem } from '@mig/protocol/handshake';
import { quoted } from '@mig/protocol/terminal-text';
import { randomUUID } from 'node:crypto';

export interface DomainConfiguration {
  readonly name: string;
  readonly uuid: string;
  /** The requested domid, if any. */
  readonly domid: number | undefined;
  /** Memory in MiB. */
  readonly memory: number;
  /** The name of a guest that comes with this package, or the path of a module. */
  readonly kernel: string;
  readonly commandLine: string;
  /** The whole configuration in libxl's form, unknown keys included, without the requested domid. */
  readonly json: string;
}

export const LARGEST_MEMORY = 4096;
export const LARGEST_DOMID = 32751;
const LONGEST_COMMAND_LINE = 4088;
/** Octets that a migration adds to a configuration: the suffix of a name, a domid. */
const ROOM = 64;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Json = Record<string, unknown>;

/**
 * Parses a configuration.
 * @throws HostError foreign-domain for another type than `wasm`; bad-configuration for any other fault,
 * naming the key
 */
export function parseConfiguration(json: string, changes: { name?: string } = {}): DomainConfiguration {
  const configuration = parse(json);
  const { domid, ...creation } = object(configuration, 'c_info');
  const build = object(configuration, 'b_info');
  const type = typeOf(creation);
  if (type !== 'wasm') {
    const domain = `this is a ${quoted(type.toUpperCase())} domain`;
    throw new HostError('foreign-domain', `${domain}; the embedded hypervisor runs WebAssembly domains`);
  }
  const name = text(changes.name ?? creation['name'], 'c_info.name');
  const problem = nameProblem(name);
  if (problem !== undefined) refuse('c_info.name', problem);
  const uuid = text(creation['uuid'] ?? randomUUID(), 'c_info.uuid');
  if (!UUID.test(uuid)) refuse('c_info.uuid', 'is not a UUID');
  const kernel = text(build['kernel'], 'b_info.kernel');
  if (kernel === '') refuse('b_info.kernel', 'is empty: give wss, idle or the path of a .wasm');
  const commandLine = text(build['cmdline'] ?? '', 'b_info.cmdline');
  if (new TextEncoder().encode(commandLine).length > LONGEST_COMMAND_LINE) {
    refuse('b_info.cmdline', `is longer than ${LONGEST_COMMAND_LINE} bytes`);
  }
  const vcpus = build['max_vcpus'] ?? 1;
  if (vcpus !== 1) refuse('b_info.max_vcpus', 'must be 1');
  return {
    name,
    uuid,
    domid: parseDomid(domid),
    memory: memoryOf(build),
    kernel,
    commandLine,
    json: written({ ...configuration, c_info: { ...creation, name, uuid } }, name),
  };
}

/**
 * Writes a configuration.
 * @throws HostError where the domain's name leaves no room for the suffix of one that was sent away, or the
 * configuration is too long to be sent
 */
function written(configuration: Json, name: string): string {
  const json = JSON.stringify(configuration);
  const added = name.length - (nameOfAway(name) ?? nameOfIncoming(name) ?? name).length;
  if (Buffer.byteLength(json) - added <= MAX_CONFIGURATION - ROOM) return json;
  throw new HostError(
    'bad-configuration',
    `the configuration has more than ${MAX_CONFIGURATION - ROOM} bytes`,
  );
}

/** The type of the domain: `wasm` for ours. */
export function domainType(json: string): string {
  return typeOf(object(parse(json), 'c_info'));
}

function typeOf(creation: Json): string {
  return text(creation['type'], 'c_info.type');
}

function parse(json: string): Json {
  try {
    return parseConfigurationJson(json);
  } catch (error) {
    if (!(error instanceof ConfigurationJsonError)) throw error;
    throw new HostError('bad-configuration', `the configuration ${error.message}`, { cause: error });
  }
}

function memoryOf(build: Json): number {
  const key = build['max_memkb'] === undefined ? 'target_memkb' : 'max_memkb';
  const kib = build[key];
  if (typeof kib !== 'number' || kib % 1024 !== 0 || kib < 1024 || kib > LARGEST_MEMORY * 1024) {
    return refuse(`b_info.${key}`, `must be a whole number of MiB, 1 to ${LARGEST_MEMORY}, in KiB`);
  }
  return kib / 1024;
}

function parseDomid(domid: unknown): number | undefined {
  if (domid === undefined) return undefined;
  const isValid =
    typeof domid === 'number' && Number.isInteger(domid) && domid >= 1 && domid <= LARGEST_DOMID;
  return isValid ? domid : refuse('c_info.domid', `must be a number from 1 to ${LARGEST_DOMID}`);
}

function object(parent: Json, key: string): Json {
  const value = parent[key];
  return isObject(value) ? value : refuse(key, 'is missing or not an object');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, key: string): string {
  return typeof value === 'string' ? value : refuse(key, 'is missing or not a string');
}

function refuse(key: string, what: string): never {
  throw new HostError('bad-configuration', `${key} ${what}`);
}
