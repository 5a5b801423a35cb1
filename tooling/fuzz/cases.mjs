// The cases: what is fed to whom. A case makes octets from a seed, and checks any octets.
import { generateStream } from './generate.mjs';
import { checkBanner, checkControl, checkHelper } from './message-cases.mjs';
import { mutateOctets, mutateParts } from './mutate.mjs';
import { fixture, recordedStreams } from './parts.mjs';
import { checkReceive, checkRestore } from './restore-case.mjs';
import { checkStream } from './stream-case.mjs';

let recorded;

/** A stream's parts: recorded, recorded with few pages, or generated. */
function anyStream(random, lib) {
  recorded ??= recordedStreams();
  const kind = random.next();
  if (kind < 0.05) return random.pick(recorded.whole);
  if (kind < 0.45) return random.pick(recorded.lean);
  return generateStream(random, lib.protocol);
}

function mutatedStream(random, lib, keep = () => true) {
  const parts = anyStream(random, lib).filter(keep);
  const other = anyStream(random, lib);
  return mutateParts(random, parts, random.chance(0.8) ? other.filter(keep) : other);
}

function withPermission(random, lib, octets) {
  const permission = lib.handshake.PERMISSION_TO_GO;
  const after = random.chance(0.3) ? mutateOctets(random, permission) : permission;
  return new Uint8Array(Buffer.concat([octets, after]));
}

const stream = (options, keep) => ({
  make: (random, lib) => {
    const octets = mutatedStream(random, lib, keep);
    return options.permission && random.chance(0.5) ? withPermission(random, lib, octets) : octets;
  },
  check: (octets, lib) => checkStream(octets, lib, options),
});

const isImage = ({ layer }) => layer === 'image';

function controlMessages(random, { control }, direction) {
  const state = { paused: true, suspended: false, crashed: false, incoming: false, logDirty: true };
  const ram = { descriptor: 21, address: 2 ** 40, length: 2 ** 26 };
  const octets = random.octets(random.below(20));
  const requests = [
    ...['pause', 'unpause', 'resume', 'state', 'destroy', 'context', 'hold'].map((kind) => ({ kind })),
    { kind: 'suspend', timeoutMilliseconds: random.below(2 ** 32) },
    { kind: 'setLogDirty', enabled: random.chance(0.5) },
    { kind: 'adopt', octets },
  ];
  const replies = [
    { kind: 'done' },
    { kind: 'error', code: random.pick(control.controlErrorCodes), message: 'no' },
    { kind: 'state', ...state, cpuSeconds: random.next(), ram },
    { kind: 'context', octets },
  ];
  const [all, encode] =
    direction === 'request'
      ? [requests, control.encodeControlRequest]
      : [replies, control.encodeControlReply];
  const messages = Array.from({ length: random.from(1, 4) }, () => encode(random.pick(all)));
  return new Uint8Array(Buffer.concat(messages));
}

/** Recorded messages of the save helper; of some another length, which is then right, or another type. */
function helperMessages(random) {
  const recorded = fixture(`helper-${random.pick(['save', 'restore'])}.stdout.bin`);
  const messages = [];
  for (let at = 0; at < recorded.length;) {
    const length = recorded[at] + recorded[at + 1] * 256;
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

const controlCase = (direction) => ({
  make: (random, lib) => mutateOctets(random, controlMessages(random, lib, direction)),
  check: (octets, lib) => checkControl(octets, lib, direction),
});

/** What a command on the other end may print before the banner, or in its place. */
const noises = [
  '',
  'Welcome\n',
  'bash: xl: command not found\n',
  '<!DOCTYPE html>',
  '\x1b[31m\r\n\0',
  'SSH-2.0-x\r\n',
];

/**
 * By name: `make(random, lib)` gives octets, `check(octets, lib)` throws a Violation or returns how it went. `lib` are
 * the modules under test; `needs` names those that a case needs besides the ones of @mig/protocol.
 */
export const cases = {
  stream: stream({ start: 'xl', permission: true }),
  libxl: stream({ start: 'libxl' }, ({ layer }) => layer !== 'xl'),
  image: stream({ start: 'libxc' }, isImage),
  checkpointed: stream({ start: 'libxc', checkpointed: true }, isImage),
  helper: {
    make: (random) => mutateOctets(random, helperMessages(random)),
    check: checkHelper,
  },
  'control-request': controlCase('request'),
  'control-reply': controlCase('reply'),
  banner: {
    make(random, { handshake }) {
      const said = Buffer.concat([Buffer.from(random.pick(noises)), handshake.BANNER]);
      // As a terminal ends a line.
      if (random.below(4) === 0) said[said.length - 1] = 0x0d;
      return mutateOctets(random, new Uint8Array(said));
    },
    check: checkBanner,
  },
  restore: {
    needs: ['posix', 'hypervisor', 'receiver'],
    make: (random, lib) => mutatedStream(random, lib, isImage),
    check: checkRestore,
  },
  receive: {
    needs: ['posix', 'hypervisor', 'receiver'],
    make: (random, lib) => withPermission(random, lib, mutatedStream(random, lib)),
    check: checkReceive,
  },
};
