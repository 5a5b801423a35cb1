/** Builds libxl_domain_config JSON, which travels in the xl header, from xl.cfg. */
import { nameProblem } from '@mig/protocol/handshake';
import { quoted } from '@mig/protocol/terminal-text';
import { randomUUID } from 'node:crypto';
import { absolutePath } from '@mig/posix/places';
import { ConfigurationError, placeName } from './errors.js';
import { numberIn, type Configuration, type Setting } from './value.js';

/** libxl's memory size if none is set, in MiB. */
const DEFAULT_MEMORY = 32;
/** The limit of a 32-bit WebAssembly memory, in MiB. */
const MAX_MEMORY = 4096;
/** Most octets of a command line: the room for it in the guest's boot page. */
const LONGEST_COMMAND_LINE = 4088;

export interface DomainConfiguration {
  /** libxl JSON of the configuration. */
  readonly json: string;
  readonly name: string;
  readonly warnings: readonly string[];
}

const understood = new Set([
  ...['name', 'uuid', 'type', 'builder', 'kernel', 'cmdline', 'root', 'extra'],
  ...['memory', 'maxmem', 'vcpus', 'maxvcpus'],
]);

/** Builds a domain's configuration. As with stock, a relative `kernel` starts at the current folder. */
export function domainConfiguration(configuration: Configuration): DomainConfiguration {
  const warnings: string[] = [];
  for (const { key, place } of configuration.values()) {
    if (!understood.has(key))
      warnings.push(`${placeName(place)}: ${quoted(key)} is ignored: wasm domains have no such setting`);
  }
  const name = domainName(configuration);
  wantWasm(configuration);
  const kernel = string(configuration, 'kernel');
  if (!kernel) {
    throw refusal(
      configuration.get('kernel'),
      'kernel must name the WebAssembly program to run, e.g. kernel = "guest.wasm"',
    );
  }
  const memory = integer(configuration, 'memory', 1, MAX_MEMORY) ?? DEFAULT_MEMORY;
  wantOnly(
    configuration,
    'maxmem',
    memory,
    `only ${memory}, the same as memory: a wasm domain does not balloon`,
  );
  for (const key of ['vcpus', 'maxvcpus'])
    wantOnly(configuration, key, 1, 'only 1: a wasm domain has one vCPU');
  const memkb = memory * 1024;
  const value = {
    c_info: { type: 'wasm', name, uuid: uuid(configuration) },
    b_info: {
      max_vcpus: 1,
      max_memkb: memkb,
      target_memkb: memkb,
      // A bare word names a guest that comes with mig.
      kernel: /^[\w-]+$/.test(kernel) ? kernel : absolutePath(kernel),
      cmdline: commandLine(configuration, warnings),
    },
  };
  return { json: JSON.stringify(value), name, warnings };
}

function domainName(configuration: Configuration): string {
  const name = string(configuration, 'name');
  if (name === undefined) throw new ConfigurationError('Domain name must be specified.');
  const problem = nameProblem(name);
  if (problem !== undefined) throw refusal(configuration.get('name'), `name ${problem}`);
  return name;
}

function wantWasm(configuration: Configuration): void {
  const type = string(configuration, 'type');
  if (type === 'wasm') return;
  const builder = configuration.get('builder');
  const asked =
    type !== undefined
      ? `type = "${quoted(type)}"`
      : builder !== undefined
        ? 'builder, which asks for a PV or HVM domain,'
        : 'no type, which asks for a PV domain,';
  throw refusal(
    configuration.get('type') ?? builder,
    `${asked} needs a Xen host; here only type = "wasm" can be created`,
  );
}

function uuid(configuration: Configuration): string {
  const text = string(configuration, 'uuid');
  if (text === undefined) return randomUUID();
  const parts = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i.exec(text);
  if (parts === null) throw refusal(configuration.get('uuid'), `uuid: Failed to parse UUID: ${quoted(text)}`);
  return parts.slice(1).join('-').toLowerCase();
}

function commandLine(configuration: Configuration, warnings: string[]): string {
  const text = commandLineText(configuration, warnings);
  if (Buffer.byteLength(text) <= LONGEST_COMMAND_LINE) return text;
  const setting = ['cmdline', 'extra', 'root'].find((key) => configuration.get(key) !== undefined)!;
  throw refusal(
    configuration.get(setting),
    `${setting} makes a command line of more than ${LONGEST_COMMAND_LINE} bytes`,
  );
}

function commandLineText(configuration: Configuration, warnings: string[]): string {
  const whole = string(configuration, 'cmdline');
  const root = string(configuration, 'root');
  const extra = string(configuration, 'extra');
  if (whole !== undefined) {
    if (root !== undefined || extra !== undefined)
      warnings.push('ignoring root= and extra= in favour of cmdline=');
    return whole;
  }
  return [...(root === undefined ? [] : [`root=${root}`]), ...(extra === undefined ? [] : [extra])].join(' ');
}

function string(configuration: Configuration, key: string): string | undefined {
  const setting = configuration.get(key);
  if (setting === undefined) return undefined;
  if (setting.value.kind === 'list') throw refusal(setting, `${key} must be a string, not a list`);
  return setting.value.text;
}

function integer(configuration: Configuration, key: string, least: number, most: number): number | undefined {
  const setting = configuration.get(key);
  if (setting === undefined) return undefined;
  const wanted = `${key} must be a whole number from ${least} to ${most}`;
  if (setting.value.kind === 'list') throw refusal(setting, `${wanted}, not a list`);
  if (setting.added) throw refusal(setting, `${key} is a number: += is for strings and lists`);
  // As in stock, numbers may stand in quotes.
  const number = setting.value.kind === 'number' ? setting.value.number : numberIn(setting.value.text);
  if (number === undefined || number < least || number > most) {
    throw refusal(setting, `${wanted}, not "${quoted(setting.value.text)}"`);
  }
  return Number(number);
}

function wantOnly(configuration: Configuration, key: string, only: number, why: string): void {
  const number = integer(configuration, key, 0, MAX_MEMORY);
  if (number !== undefined && number !== only)
    throw refusal(configuration.get(key), `${key} = ${number} is refused: ${why}`);
}

function refusal(setting: Setting | undefined, message: string): ConfigurationError {
  return new ConfigurationError(message, setting?.value.place);
}
