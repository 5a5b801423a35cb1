// Checks of any octets read as a configuration: xl.cfg, and libxl's JSON ahead of a stream.
import { closeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { memoryFile } from './restore-case.mjs';
import { isFitForTerminal } from './terminal.mjs';
import { must, onlyThrows } from './violation.mjs';

/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

/** @typedef {ReturnType<Lib['xl']['parseConfiguration']>} Settings */
/** @typedef {Settings extends ReadonlyMap<string, { value: infer Value }> ? Value : never} Value */

/**
 * Reads text as `xl create` does, or refuses it.
 * @param {Uint8Array} octets
 */
function textIn(octets) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/**
 * The bare value: a text, a number, or a list of such.
 * @param {Value} value
 * @returns {unknown}
 */
function plain(value) {
  return value.kind === 'list'
    ? value.values.map(plain)
    : value.kind === 'number'
      ? value.number
      : value.text;
}

/**
 * @param {unknown} value as `plain` gives it
 * @returns {string}
 */
function printed(value) {
  if (Array.isArray(value)) return `[ ${value.map(printed).join(',\n')} ]`;
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  return `"${String(value).replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/**
 * Checks that settings, written plainly, are read again.
 * @param {Settings} settings
 * @param {Lib} lib
 */
function comesBack(settings, { xl }) {
  const values = plainSettings(settings);
  const text = values.map(({ key, value }) => `${key} = ${printed(value)}`).join('\n');
  must(
    isDeepStrictEqual(plainSettings(xl.parseConfiguration(text, 'again')), values),
    're-encoding',
    () => text,
  );
}

/** @param {Settings} settings */
function plainSettings(settings) {
  return [...settings].map(([key, { value }]) => ({ key, value: plain(value) }));
}

/** @param {InstanceType<Lib['xl']['ConfigurationError']>} error @param {string} text */
function errorMakesSense({ message, place }, text) {
  must(message.length < 1000 + 2 * text.length, 'error', 'a message without end');
  if (place === undefined) return;
  const lines = text.split('\n');
  const { line, column } = place;
  const width = lines[line - 1]?.length ?? NaN;
  const isThere = column >= 1 && column <= width + 1;
  must(isThere, 'error', () => `its place is beyond: ${message}`);
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkConfigurationFile(octets, lib) {
  const { xl, wasm, hypervisor } = lib;
  const text = textIn(octets);
  if (text === undefined) return 'not text';
  const { error: unread, value: settings } = onlyThrows([xl.ConfigurationError], () =>
    xl.parseConfiguration(text, 'fuzz.cfg'),
  );
  if (unread !== undefined) {
    errorMakesSense(unread, text);
    return 'unread';
  }
  comesBack(settings, lib);
  const { error: refused, value: built } = onlyThrows([xl.ConfigurationError], () =>
    xl.domainConfiguration(settings),
  );
  if (refused !== undefined) {
    errorMakesSense(refused, text);
    return 'refused';
  }
  const { error, value: taken } = onlyThrows([hypervisor.HostError], () =>
    wasm.parseConfiguration(built.json),
  );
  if (error !== undefined) {
    must(error.code === 'bad-configuration', 'host', () => String(error));
    return error.code;
  }
  must(taken.name === built.name, 'host', () => `${taken.name}, not ${built.name}`);
  return 'accepted';
}

/** An xl header with these octets as its configuration. @param {Uint8Array} configuration @param {Lib} lib */
function headerAround(configuration, { protocol }) {
  const header = protocol.xlHeader('');
  const optionalData = new Uint8Array(4 + configuration.length + 1);
  new DataView(optionalData.buffer).setUint32(0, configuration.length + 1, true);
  optionalData.set(configuration, 4);
  return { ...header, optionalData };
}

/**
 * Checks the output for the header of a stream.
 * @param {import('@mig/protocol').XlHeader} header
 * @param {Lib} lib
 */
function isShown(header, lib) {
  const { xl } = lib;
  const row = xl.rowOf({ kind: 'xl-header', layer: 'xl', offset: 0, header });
  isFitForTerminal([xl.rowText(row)], lib);
  // Compared as text: JSON has numbers beyond JavaScript's, which become null.
  const json = JSON.stringify(row);
  must(JSON.stringify(JSON.parse(json)) === json, 'JSON', () => xl.rowText(row));
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkStreamConfiguration(octets, lib) {
  const { protocol, wasm, hypervisor } = lib;
  const header = headerAround(octets, lib);
  isShown(header, lib);
  const { error: unread, value: arriving } = onlyThrows([protocol.StreamError], () =>
    arrivingIn(lib, protocol.encodeXlHeader(header)),
  );
  if (unread !== undefined) return unread.code;
  const { configuration, name } = arriving;
  must(typeof name === 'string' && name !== '', 'name', () => String(name));
  const { error, value: taken } = onlyThrows([hypervisor.HostError], () => {
    wasm.domainType(configuration);
    return wasm.parseConfiguration(configuration, { name });
  });
  if (error !== undefined) return error.code;
  // The stored form is read again when the domain is saved.
  const again = wasm.parseConfiguration(taken.json);
  must(isDeepStrictEqual({ ...again, domid: taken.domid }, taken), 're-encoding', () => taken.json);
  return 'accepted';
}

/** @param {Lib} lib @param {Uint8Array} octets */
function arrivingIn(lib, octets) {
  const fd = memoryFile(lib, octets);
  try {
    return lib.receiver.readConfiguration(new lib.posix.Input(fd, { subject: 'the stream' }));
  } finally {
    closeSync(fd);
  }
}

const settings = [
  'name = "g"',
  "name = 'it\\'s'",
  'type = "wasm"',
  'kernel = "wss"',
  'kernel = "./g.wasm"',
  'memory = 64',
  'memory = 0x40',
  'maxmem = 064',
  'vcpus = 1',
  'uuid = "01234567-89ab-cdef-0123-456789abcdef"',
  'cmdline = "pages=3 \\x41\\102\\n"',
  'extra = "ü"',
  'extra += "x"',
  'root = "/dev/a" # where it is',
  'vif = [ "mac=00:16:3e:00:00:00,bridge=xenbr0", ]',
  'disk = [ [ 1, "2" ],\n# one\n[] ]; on_crash = "destroy"',
  'builder = "hvm"',
];

/** @param {Random} random */
export function generateConfigurationFile(random) {
  const good = ['name = "g"', 'type = "wasm"', 'kernel = "wss"'];
  const some = Array.from({ length: random.below(8) }, () => random.pick(settings));
  return new Uint8Array(Buffer.from([...(random.chance(0.8) ? good : []), ...some, ''].join('\n')));
}

/** @param {Random} random */
export function generateStreamConfiguration(random) {
  /** @type {Record<string, unknown>} */
  const creation = { type: 'wasm', name: random.pick(['g', 'ü', 'g--incoming']), uuid: '01234567-89ab-cdef-0123-456789abcdef' }; // prettier-ignore
  /** @type {Record<string, unknown>} */
  const build = { max_vcpus: 1, max_memkb: 65536, target_memkb: 65536, kernel: 'wss', cmdline: 'pages=3' };
  const more = random.pick([{}, { devices: [{ a: null }] }, { __proto: 1 }, { on_crash: 'destroy' }]);
  const value = { c_info: creation, b_info: build, ...more };
  if (random.chance(0.3)) delete build[random.pick(Object.keys(build))];
  if (random.chance(0.2)) creation['domid'] = random.below(40_000);
  return new Uint8Array(Buffer.from(JSON.stringify(value, undefined, random.below(2))));
}
