/**
 * Tests of docs/limits.md: the limits are the code's, and an arrival of that size costs no more memory than
 * stated.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  encodeLibxlHeader,
  encodeLibxlRecord,
  MAX_CONFIGURATION,
  MAX_CONFIGURATION_DEPTH,
  MAX_FRAME_PAGES,
  MAX_OPTIONAL_DATA,
  MAX_RECORD_BODY,
  MAX_RUN_PAGES,
  MAX_RUNS,
  libxlKinds,
} from '@mig/protocol';
import { encodeControlRequest, LONGEST_CONTROL_MESSAGE } from '@mig/hypervisor-wasm/control';
import { HELLO_BODY, LONGEST_NAME } from '@mig/protocol/handshake';
import { LONGEST_OPERATOR_MESSAGE } from '@mig/operator/wire';
import {
  LONGEST_SENTENCE,
  MAX_ANSWER,
  MAX_QUESTION,
  MOST_CHECKS,
  MOST_LEAVES,
} from '@mig/protocol/preflight';
import { LONGEST_QUOTE } from '@mig/protocol/terminal-text';
import { encodeTraceRecord, MAX_TRACE_RECORD, TRACE_LIMITS } from '@mig/trace';
import { describe, expect } from 'vitest';
import { LONGEST_CONFIGURATION_FILE } from '../../apps/xl/src/configuration/configuration-file.js';
import { sample } from '../../apps/xl/src/report/sample.test-support.js';
import { LARGEST_MEMORY } from '../../packages/hypervisor-wasm/dist/configuration.js';
import { contextOctets } from '../../packages/hypervisor-wasm/src/context-octets.test-support.js';
import { LONGEST_CONSOLE_LOG } from '../../packages/hypervisor-wasm/dist/domain/console-log.js';
import { WAITING } from '../../packages/hypervisor-wasm/dist/domain/control-server.js';
import { buildGuest } from '../../packages/hypervisor-wasm/src/guest/guest-builder.test-support.js';
import {
  LARGEST_GUEST,
  LONGEST_GLOBAL_NAME,
  MOST_STATE_GLOBALS,
  MOST_TABLE_ENTRIES,
} from '../../packages/hypervisor-wasm/dist/guest/inspect.js';
import { MOST_ITEMS } from '../../packages/hypervisor-wasm/dist/guest/module-reader.js';
import { CONTEXT_LIMITS, LARGEST_CONTEXT } from '../../packages/hypervisor-wasm/dist/vcpu-context.js';
import { LONGEST_LINE } from '../../packages/hypervisor-xen/src/libxl/lines.js';
import { SHOWN } from '../../packages/sender/src/await-message.js';
import { UNREAD } from '../../packages/operator/src/operator-connection.js';
import { CONNECTIONS } from '../../packages/operator/src/operator-server.js';
import { expectDocumented } from '../../packages/protocol/src/documents.test-support.js';
import { configuration, emptyImage, handMade } from '../harness/hand-made-stream.js';
import { Program } from '../harness/program.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

const MIB = 2 ** 20;

/** The receivers, as the page names them. */
const RECEIVER = '`xl migrate-receive`, `xl restore`';
const DOMAIN = "the domain's process";
const READER = '`xl stream`';

interface Arrival {
  readonly what: string;
  readonly limit: string;
  readonly where: string;
  /** MiB beyond the process's usual memory. */
  readonly memory: number;
  /**
   * Measures the worst case within the limits.
   * @returns MiB
   */
  readonly measure: (hosts: TwoHosts) => Promise<number>;
}

function octetsText(octets: number): string {
  if (octets % MIB === 0) return `${octets / MIB} MiB`;
  return octets % 1024 === 0 ? `${octets / 1024} KiB` : `${octets.toLocaleString('en')} bytes`;
}

function countText(count: number): string {
  return count.toLocaleString('en');
}

/**
 * Runs unpack.mjs on a file with these octets. The name of the receiver that refuses them is in its
 * message.
 */
async function unpacked(hosts: TwoHosts, what: string, octets: Uint8Array | string, refusal?: RegExp) {
  const path = hosts.path('arrival');
  await writeFile(path, octets);
  const script = fileURLToPath(new URL('../harness/unpack.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, what, path]);
  const { grew, refused } = JSON.parse(stdout) as { grew: number; refused?: string };
  if (refusal === undefined) expect(refused).toBeUndefined();
  else expect(refused).toMatch(refusal);
  return grew;
}

/** @returns the process's peak memory in MiB, and how it ended */
async function peakOf(hosts: TwoHosts, command: string): Promise<{ peak: number; stderr: string }> {
  const file = hosts.path('peak');
  const hook = fileURLToPath(new URL('../harness/peak.mjs', import.meta.url));
  const environment = { NODE_OPTIONS: `--import=${hook}`, PEAK_FILE: file };
  const { stderr } = await new Program('sh', ['-c', command], { environment }).ended;
  return { peak: Number(readFileSync(file, 'utf8')) / 1024, stderr };
}

/** Measures how much more memory a command needs for a large file than for a small one. */
async function grownBy(
  hosts: TwoHosts,
  command: (path: string) => string,
  { small, large, says }: { small: Uint8Array; large: Uint8Array; says?: RegExp },
): Promise<number> {
  const path = hosts.path('stream');
  await writeFile(path, small);
  const { peak: least } = await peakOf(hosts, command(path));
  await writeFile(path, large);
  const { peak, stderr } = await peakOf(hosts, command(path));
  if (says !== undefined) expect(stderr).toMatch(says);
  return peak - least;
}

function header(type: number, length: number): Uint8Array {
  const octets = new Uint8Array(8);
  new Uint32Array(octets.buffer).set([type, length]);
  return octets;
}

/** Builds an image with one more record before its END. */
function imageWith(...record: Uint8Array[]): Uint8Array {
  return Buffer.concat([emptyImage.subarray(0, -8), ...record, emptyImage.subarray(-8)]);
}

function questionOf(configuration: string, leaves: number): Uint8Array {
  const word = 2 ** 32 - 1;
  const cpuPolicy = {
    leaves: Array.from({ length: leaves }, () => Array.from({ length: 6 }, () => word)),
    msrs: Array.from({ length: leaves }, () => [word, word, 'f'.repeat(16)]),
  };
  const question = { version: 1, configuration, xen: { major: 4, minor: 20, cpuPolicy } };
  return Buffer.from(`${JSON.stringify(question)}\n`);
}

/** Builds a list of the most pfns for a record, none of them with a page. */
function pfns(): Uint8Array {
  const count = MAX_RECORD_BODY / 8 - 1;
  const words = new Uint32Array(count * 2);
  for (let i = 0; i < count; i++) words[i * 2 + 1] = 0xf0000000;
  return Buffer.concat([header(1, MAX_RECORD_BODY), header(count, 0), Buffer.from(words.buffer)]);
}

const pfnImage = () => imageWith(pfns());

/** Builds a stream with libxl's records after an image without pages. */
function afterImage(record: Uint8Array): Uint8Array {
  return Buffer.concat([
    encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
    encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
    emptyImage,
    record,
    encodeLibxlRecord({ type: 'END' }),
  ]);
}

/** Builds the longest JSON configuration, filled with what takes most memory. */
function fullConfiguration(filling: string): string {
  const around = JSON.stringify(configuration()).replace(/}$/, ',"x":[');
  // mig itself needs a little of the room.
  const room = MAX_CONFIGURATION - around.length - 100;
  return `${around}${filling.repeat(Math.floor(room / filling.length))}0]}`;
}

const fullContext = () =>
  contextOctets({ abi: 1, module: new Uint8Array(LARGEST_CONTEXT - 100).fill(1), globals: {} });

/** Builds the largest guest: as many names as allowed, of characters that take two octets each. */
function fullGuest(): Uint8Array {
  const named = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`.padEnd(6, '-').padEnd(82, 'ü'));
  // Beside mig_abi, counter, start and run.
  const others = MOST_ITEMS - MOST_STATE_GLOBALS - 3;
  const guest = buildGuest({
    alsoExports: named('f', others),
    alsoGlobals: named('g', MOST_STATE_GLOBALS - 1),
  });
  expect(LARGEST_GUEST / guest.length).toBeLessThan(1.1);
  return guest;
}

function leb(value: number): Uint8Array {
  const octets = [];
  for (; value > 0x7f; value >>>= 7) octets.push((value & 0x7f) | 0x80);
  return Uint8Array.from([...octets, value]);
}

/** Builds the longest file. */
function fileOf(before: string, filling: string, after: string): string {
  const room = LONGEST_CONFIGURATION_FILE - before.length - after.length;
  return before + filling.repeat(Math.floor(room / filling.length)) + after;
}

const withContext = (context: Uint8Array) => handMade({ configuration: configuration(), context });
const traceOf = (words: number) =>
  Buffer.concat(
    [
      sample[0]!,
      {
        type: 'log-read',
        at: 1,
        iteration: 1,
        dirtyPages: 0,
        bitmap: { coding: 'raw', words, octets: new Uint8Array(words * 4) },
      } as const,
    ].map(encodeTraceRecord),
  );

const arrivals: readonly Arrival[] = [
  {
    what: "what follows the xl header: a domain's configuration",
    limit: `${octetsText(MAX_OPTIONAL_DATA)}, objects and lists ${MAX_CONFIGURATION_DEPTH} deep`,
    where: `${RECEIVER}, and ${DOMAIN}`,
    memory: 64,
    measure: async (hosts) =>
      Math.max(
        await unpacked(hosts, 'configuration', fullConfiguration('{},')),
        await unpacked(hosts, 'configuration', fullConfiguration('[],')),
      ),
  },
  {
    what: "a record's body",
    limit: octetsText(MAX_RECORD_BODY),
    where: `${RECEIVER}; ${READER}`,
    memory: 320,
    measure: (hosts) =>
      grownBy(hosts, (path) => hosts.source.command('stream', 'inspect', '--start', 'libxc', path), {
        small: emptyImage,
        large: imageWith(header(9, MAX_RECORD_BODY), new Uint8Array(MAX_RECORD_BODY)),
      }),
  },
  {
    what: 'the pfns of a PAGE_DATA record (its pages go straight into place)',
    limit: `${octetsText(MAX_RECORD_BODY)}, ${countText(MAX_RECORD_BODY / 8 - 1)} pfns`,
    where: `${RECEIVER}; ${READER}`,
    memory: 512,
    measure: async (hosts) =>
      Math.max(
        await grownBy(hosts, (path) => `${hosts.target.receiver()} < '${path}'`, {
          small: handMade({ configuration: configuration() }),
          large: handMade({ configuration: configuration(), image: pfnImage() }),
          says: /no state of a vCPU/,
        }),
        await grownBy(hosts, (path) => hosts.source.command('stream', 'inspect', '--start', 'libxc', path), {
          small: emptyImage,
          large: pfnImage(),
        }),
      ),
  },
  {
    what: 'EMULATOR_XENSTORE_DATA',
    limit: octetsText(libxlKinds.EMULATOR_XENSTORE_DATA.body.maximum),
    where: `${RECEIVER}; ${READER}`,
    memory: 64,
    measure: (hosts) => {
      const length = libxlKinds.EMULATOR_XENSTORE_DATA.body.maximum;
      const body = Buffer.alloc(length, 'a\0');
      body.fill(0, 0, 8);
      return unpacked(hosts, 'records', afterImage(Buffer.concat([header(2, length), body])));
    },
  },
  {
    what: "a vCPU's EMULATOR_CONTEXT",
    limit: `${octetsText(LARGEST_CONTEXT)}, ${countText(CONTEXT_LIMITS.values)} values of MessagePack, ${octetsText(CONTEXT_LIMITS.text)} of text`,
    where: RECEIVER,
    memory: 128,
    measure: (hosts) =>
      grownBy(hosts, (path) => `${hosts.target.receiver()} < '${path}'`, {
        small: withContext(contextOctets({})),
        large: withContext(fullContext()),
        says: /the guest cannot be run/,
      }),
  },
  {
    what: 'the same, in the other process',
    limit: 'the same',
    where: DOMAIN,
    memory: 128,
    measure: async (hosts) => {
      const maps = Buffer.alloc(LARGEST_CONTEXT, 0x80);
      maps.set(Buffer.from('83a361626901a66d6f64756c65c40100a7676c6f62616c73dd', 'hex'));
      maps.writeUInt32BE(LARGEST_CONTEXT - 29, 25);
      const adopt = (octets: Uint8Array) => encodeControlRequest({ kind: 'adopt', octets });
      return Math.max(
        await unpacked(hosts, 'context', adopt(fullContext()), /the guest cannot be run/),
        await unpacked(hosts, 'context', adopt(maps), /more of it than a guest has/),
      );
    },
  },
  {
    what: 'a guest, in its context or as a kernel',
    limit:
      `${octetsText(LARGEST_GUEST)}; ${countText(MOST_ITEMS)} of each of its lists, ${countText(MOST_STATE_GLOBALS)} mutable ` +
      `globals with names of ${LONGEST_GLOBAL_NAME} bytes, ${countText(MOST_TABLE_ENTRIES)} entries of tables`,
    where: DOMAIN,
    memory: 192,
    measure: (hosts) => unpacked(hosts, 'guest', fullGuest()),
  },
  {
    what: "a message of the domain's control protocol",
    limit: octetsText(LONGEST_CONTROL_MESSAGE),
    where: `${DOMAIN}, and its clients`,
    memory: 96,
    measure: (hosts) => {
      const octets = new Uint8Array(LONGEST_CONTROL_MESSAGE - 20);
      return unpacked(hosts, 'context', encodeControlRequest({ kind: 'adopt', octets }), /at most/);
    },
  },
  {
    what: 'a message between an operator and a migration',
    limit: octetsText(LONGEST_OPERATOR_MESSAGE),
    where: '`xl migrate`; `mig migrate-status` and similar commands',
    memory: 8,
    measure: (hosts) => {
      const names = Buffer.alloc(LONGEST_OPERATOR_MESSAGE - 20, Buffer.from([0x12, 0]));
      const set = Buffer.concat([Buffer.from([0x32]), leb(names.length), names]);
      return unpacked(
        hosts,
        'operator message',
        Buffer.concat([leb(set.length), set]),
        /^no setting is called $/,
      );
    },
  },
  {
    what: 'the question before a migration: a configuration and a processor',
    limit: `${octetsText(MAX_QUESTION)}, ${countText(MOST_LEAVES)} CPUID leaves and as many MSRs`,
    where: '`xl migrate-receive --check`',
    memory: 96,
    measure: (hosts) =>
      grownBy(hosts, (path) => `${hosts.target.command('migrate-receive', '--check')} < ${path}`, {
        small: questionOf(JSON.stringify(configuration()), 1),
        large: questionOf(fullConfiguration('{},'), MOST_LEAVES),
      }),
  },
  {
    what: "a trace's record",
    limit: `${octetsText(MAX_TRACE_RECORD)}, ${countText(TRACE_LIMITS.values)} values of MessagePack, ${octetsText(TRACE_LIMITS.text)} of text`,
    where: '`xl trace`',
    memory: 320,
    measure: (hosts) =>
      grownBy(hosts, (path) => hosts.source.command('trace', 'show', path), {
        small: traceOf(1),
        large: traceOf(2 ** 24),
      }),
  },
  {
    what: 'a line between `xl` and the process that runs libxl',
    limit: octetsText(LONGEST_LINE),
    where: '`xl` on Xen',
    memory: 640,
    measure: (hosts) => unpacked(hosts, 'line', `{"bitmap":"${'A'.repeat(LONGEST_LINE - 20)}"}\n`),
  },
  {
    what: 'a configuration file',
    limit: octetsText(LONGEST_CONFIGURATION_FILE),
    where: '`xl create`, `save`, `restore`, `migrate -C`',
    memory: 96,
    measure: async (hosts) =>
      Math.max(
        await unpacked(hosts, 'configuration file', fileOf('a=[', '1,', ']')),
        await unpacked(hosts, 'configuration file', fileOf('', 'a=1;', '')),
        await unpacked(hosts, 'configuration file', fileOf('a="', String.raw`\x41`, '"')),
      ),
  },
];

const HEADING = ['| what arrives | at most | unpacked by | memory at most |', '| --- | --- | --- | --- |'];

function rowText({ what, limit, where, memory }: Arrival): string {
  return `| ${what} | ${limit} | ${where} | ${memory} MiB |`;
}

/** Other limits, whose memory is negligible. */
const others: readonly (readonly [what: string, limit: string])[] = [
  ["a domain's name", octetsText(LONGEST_NAME)],
  ["a domain's memory on the embedded hypervisor", `${LARGEST_MEMORY} MiB`],
  [
    "a guest's console, on the disk of its host",
    `${octetsText(LONGEST_CONSOLE_LOG)}, and as much of earlier output`,
  ],
  ['what is read of anything that comes instead of a banner', octetsText(SHOWN)],
  ["a target's hello, behind its head", octetsText(HELLO_BODY.most)],
  ['ZERO_PAGES', `${countText(MAX_RUNS)} runs of ${countText(MAX_RUN_PAGES)} pages`],
  ['ZSTD_PAGES', `${countText(MAX_FRAME_PAGES)} pages, in a frame that is shorter than they are`],
  [
    'the answer before a migration',
    `${octetsText(MAX_ANSWER)}, ${MOST_CHECKS} checks of ${LONGEST_SENTENCE} characters`,
  ],
  ['a quotation of text from elsewhere', `${LONGEST_QUOTE} characters`],
  ["requests of a connection that wait for the domain's process", countText(WAITING)],
  ['operators of a migration at a time', countText(CONNECTIONS)],
  ['output that waits for an operator who does not read', octetsText(UNREAD)],
];

test('docs/limits.md has the limits of the code', () => {
  expectDocumented('limits.md', 'limits', [...HEADING, ...arrivals.map(rowText)].join('\n'));
  const rows = others.map(([what, limit]) => `| ${what} | ${limit} |`);
  expectDocumented('limits.md', 'other limits', ['| what | at most |', '| --- | --- |', ...rows].join('\n'));
});

test('a context of the largest guest goes into a message of the control protocol', () => {
  const octets = new Uint8Array(LARGEST_CONTEXT);
  expect(encodeControlRequest({ kind: 'adopt', octets }).length).toBeLessThan(LONGEST_CONTROL_MESSAGE);
});

describe('the worst that is within the limits costs no more memory than docs/limits.md says:', () => {
  for (const { what, where, memory, measure } of arrivals) {
    test(`${what}, in ${where}`, async ({ hosts }) => {
      const grew = await measure(hosts);
      expect(grew).toBeLessThan(memory);
      // A statement far above the real cost would be worthless.
      expect(grew).toBeGreaterThan(memory / 16);
    });
  }
});
