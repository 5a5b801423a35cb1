// The cases: each makes octets from a seed, and checks any octets.
import {
  checkConfigurationFile,
  checkStreamConfiguration,
  generateConfigurationFile,
  generateStreamConfiguration,
} from './configuration-case.mjs';
import { generateStream } from './generate.mjs';
import { anyGuest, checkGuest, checkVcpuContext, generateVcpuContext } from './guest-case.mjs';
import { checkBanner, checkControl, checkHelper } from './message-cases.mjs';
import { checkMigrate, generateAnswers } from './migrate-case.mjs';
import { mutateOctets, mutateParts } from './mutate.mjs';
import { checkNoted, generateNoted } from './noted-case.mjs';
import { checkOperatorReply, checkOperatorRequest, generateOperatorMessages } from './operator-case.mjs';
import { bodyOf, fixture, recordedStreams, viewOf } from './parts.mjs';
import { checkRecord, recordChoices } from './record-case.mjs';
import { checkReceive, checkRestore } from './restore-case.mjs';
import { checkStream } from './stream-case.mjs';
import { checkTrace, generateTrace } from './trace-case.mjs';

/** @import { Lib } from './lib.mjs' */
/** @import { Part } from './parts.mjs' */
/** @import { Random } from './random.mjs' */
/** @import { StreamOptions } from './stream-case.mjs' */

/** @typedef {'request' | 'reply'} Direction of a message */
/**
 * A case of the modules under test, `lib`.
 * @typedef {object} Case
 * @property {(random: Random, lib: Lib) => Uint8Array} make
 * @property {(octets: Uint8Array, lib: Lib) => string} check throws a Violation, or returns how it went
 */
/** @typedef {keyof typeof all} CaseName */

/** @type {ReturnType<typeof recordedStreams> | undefined} */
let recorded;

/**
 * Makes a stream's parts: recorded, recorded with few pages, or generated.
 * @param {Random} random
 * @param {Lib} lib
 */
function anyStream(random, lib) {
  recorded ??= recordedStreams();
  const kind = random.next();
  if (kind < 0.05) return random.pick(recorded.whole);
  if (kind < 0.45) return random.pick(recorded.lean);
  return generateStream(random, lib.protocol);
}

/**
 * @param {Random} random
 * @param {Lib} lib
 * @param {(part: Part) => boolean} [keep]
 */
function mutatedStream(random, lib, keep = () => true) {
  const parts = anyStream(random, lib).filter(keep);
  const other = anyStream(random, lib);
  return mutateParts(random, parts, random.chance(0.8) ? other.filter(keep) : other);
}

/**
 * @param {Random} random
 * @param {Lib} lib
 * @param {Uint8Array} octets
 */
function withPermission(random, lib, octets) {
  const permission = lib.handshake.PERMISSION_TO_GO;
  const after = random.chance(0.3) ? mutateOctets(random, permission) : permission;
  return new Uint8Array(Buffer.concat([octets, after]));
}

/** @type {(options: StreamOptions, keep?: (part: Part) => boolean) => Case} */
const stream = (options, keep) => ({
  make: (random, lib) => {
    const octets = mutatedStream(random, lib, keep);
    return options.permission !== false && random.chance(0.5) ? withPermission(random, lib, octets) : octets;
  },
  check: (octets, lib) => checkStream(octets, lib, options),
});

/** @param {Part} part */
const isImage = ({ layer }) => layer === 'image';

/**
 * Makes a single record of any stream.
 * @param {Random} random
 * @param {Lib} lib
 */
function anyRecord(random, lib) {
  const records = anyStream(random, lib).filter(
    ({ kind, octets }) => kind === 'record' && octets.length < 9000,
  );
  const part = random.pick(records);
  const number = viewOf(part.octets).getUint32(0, true);
  return recordChoices(random, { number, libxl: part.layer === 'libxl', body: bodyOf(part) });
}

/**
 * @param {Random} random
 * @param {Lib} lib
 * @param {Direction} direction
 */
function controlMessages(random, { control, handshake }, direction) {
  const state = { paused: true, suspended: false, crashed: false, logDirty: true, wasPaused: false };
  const ram = { descriptor: 21, address: 2 ** 40, length: 2 ** 26 };
  const octets = random.octets(random.below(20));
  const epoch = random.below(100);
  const [plain, seen] = /** @type {const} */ ([
    ['state', 'hold', 'release'],
    ['pause', 'unpause', 'destroy', 'context'],
  ]);
  /** @type {import('@mig/hypervisor-wasm/control').ControlRequest[]} */
  const requests = [
    ...plain.map((kind) => ({ kind })),
    ...seen.map((kind) => ({ kind, epoch })),
    { kind: 'resume', force: random.chance(0.5), epoch },
    { kind: 'rename', name: 'g2', epoch },
    {
      kind: 'take',
      purpose: random.pick(/** @type {const} */ (['migration', 'save'])),
      pid: 5,
      to: 'host2',
      epoch,
    },
    { kind: 'suspend', timeoutMilliseconds: random.below(2 ** 32) },
    { kind: 'sendAway', name: 'g--migratedaway', sentTo: 'host2', epoch },
    { kind: 'takeBack', paused: random.chance(0.5), epoch },
    { kind: 'setLogDirty', enabled: random.chance(0.5) },
    { kind: 'adopt', octets },
    { kind: 'start', name: 'g', paused: random.chance(0.5) },
  ];
  const own = { name: 'g', standing: random.pick(handshake.standings), epoch, sentTo: '' };
  /** @type {import('@mig/hypervisor-wasm/control').ControlReply[]} */
  const replies = [
    { kind: 'done', epoch },
    { kind: 'error', code: random.pick(control.controlErrorCodes), message: 'no' },
    { kind: 'state', ...state, ...own, cpuSeconds: random.next(), ram },
    { kind: 'context', octets },
  ];
  const messages = Array.from({ length: random.from(1, 4) }, () =>
    direction === 'request'
      ? control.encodeControlRequest(random.pick(requests))
      : control.encodeControlReply(random.pick(replies)),
  );
  return new Uint8Array(Buffer.concat(messages));
}

/**
 * Recorded messages of the save helper, some of them with another length and a consistent frame, or with
 * another type.
 * @param {Random} random
 */
function helperMessages(random) {
  const recorded = fixture(`helper-${random.pick(['save', 'restore'])}.stdout.bin`);
  const messages = [];
  const view = viewOf(recorded);
  for (let at = 0; at < recorded.length;) {
    const length = view.getUint16(at, true);
    const most = length + (random.chance(0.02) ? random.pick([-4, -1, 1, 4]) : 0);
    const message = new Uint8Array(2 + Math.max(0, most));
    message.set(recorded.subarray(at, at + Math.min(2 + length, message.length)));
    message.set([most & 255, most >> 8]);
    if (random.chance(0.02)) message[2] = random.below(12);
    messages.push(message);
    at += 2 + length;
  }
  return new Uint8Array(Buffer.concat(messages));
}

/** @type {(direction: Direction) => Case} */
const controlCase = (direction) => ({
  make: (random, lib) => mutateOctets(random, controlMessages(random, lib, direction)),
  check: (octets, lib) => checkControl(octets, lib, direction),
});

/** @type {(direction: Direction) => Case} */
const operatorCase = (direction) => ({
  make: (random, lib) => mutateOctets(random, generateOperatorMessages(random, lib, direction)),
  check: direction === 'request' ? checkOperatorRequest : checkOperatorReply,
});

/**
 * Makes a case of octets from `generate`, damaged.
 * @param {Case['make']} generate
 * @param {Case['check']} check
 * @returns {Case}
 */
const plainCase = (generate, check) => ({
  make: (random, lib) => mutateOctets(random, generate(random, lib)),
  check,
});

/** Output of a command at the other end before the banner, or in its place. */
const noises = [
  '',
  'Welcome\n',
  'bash: xl: command not found\n',
  '<!DOCTYPE html>',
  '\x1b[31m\r\n\0',
  'SSH-2.0-x\r\n',
];

const all = /** @satisfies {Readonly<Record<string, Case>>} */ ({
  stream: stream({}),
  libxl: stream({ start: 'libxl', permission: false }, ({ layer }) => layer !== 'xl'),
  image: stream({ start: 'libxc', permission: false, features: new Set(['zero-pages']) }, isImage),
  checkpointed: stream({ start: 'libxc', checkpointed: true, permission: false }, isImage),
  record: plainCase(anyRecord, checkRecord),
  helper: {
    make: (random) => mutateOctets(random, helperMessages(random)),
    check: checkHelper,
  },
  'control-request': controlCase('request'),
  'control-reply': controlCase('reply'),
  banner: {
    make(random, { handshake }) {
      const said = Buffer.concat([Buffer.from(random.pick(noises)), handshake.BANNER]);
      // A line end of a terminal.
      if (random.below(4) === 0) said[said.length - 1] = 0x0d;
      return mutateOctets(random, new Uint8Array(said));
    },
    check: checkBanner,
  },
  restore: {
    make: (random, lib) => mutatedStream(random, lib, isImage),
    check: checkRestore,
  },
  receive: {
    make: (random, lib) => withPermission(random, lib, mutatedStream(random, lib)),
    check: checkReceive,
  },
  migrate: plainCase(generateAnswers, checkMigrate),
  'operator-request': operatorCase('request'),
  'operator-reply': operatorCase('reply'),
  trace: plainCase(generateTrace, checkTrace),
  'configuration-file': plainCase(generateConfigurationFile, checkConfigurationFile),
  'stream-configuration': plainCase(generateStreamConfiguration, checkStreamConfiguration),
  guest: plainCase(anyGuest, checkGuest),
  'vcpu-context': plainCase(generateVcpuContext, checkVcpuContext),
  noted: plainCase(generateNoted, checkNoted),
});

/** @type {Readonly<Record<CaseName, Case>>} */
export const cases = all;
export const caseNames = /** @type {CaseName[]} */ (Object.keys(all));

/**
 * @param {string} name
 * @returns {name is CaseName}
 */
export function isCase(name) {
  return Object.hasOwn(all, name);
}
