// Checks of any octets that the source of a migration receives: whoever may run the domain does, and nobody
// else.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { memoryFile } from './restore-case.mjs';
import { must, onlyThrows, Violation } from './violation.mjs';

/** @import { DomainInfo, Host, OutgoingDomain } from '@mig/hypervisor' */
/** @import { ExtensionFeatures, SourceOutcome } from '@mig/protocol/handshake' */
/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

/** Figures of an empty image. */
const figures = { octets: 0, milliseconds: 0, suspendMilliseconds: 0, lineRate: undefined };

/** A host with one domain without memory: only the part of Host that a migration calls. */
class DomainToSend {
  name = 'busy';
  suspended = false;
  gone = false;
  /** @type {ExtensionFeatures | undefined} */
  used;

  /** @param {ExtensionFeatures} features */
  constructor(features) {
    this.features = features;
  }

  /** @returns {DomainInfo} */
  describe() {
    const state = { paused: false, suspended: this.suspended, crashed: false };
    const seen = { cpuSeconds: 0, logDirty: false, epoch: 1, standing: /** @type {const} */ ('taken') };
    return { domid: 1, name: this.name, uuid: '', memory: 0, vcpus: 1, state, ...seen };
  }

  /** @param {string} name */
  find(name) {
    return !this.gone && name === this.name ? this.describe() : undefined;
  }

  /** @returns {OutgoingDomain} */
  take() {
    return {
      info: this.describe(),
      configuration: '{"c_info":{"name":"busy"}}',
      features: this.features,
      saveTo: (_, { onEvent, features }) => {
        features?.();
        const precopyEnd = { code: /** @type {const} */ ('iterations'), sentence: 'it is over' };
        onEvent?.({ kind: 'precopy-ended', reason: precopyEnd });
        this.suspended = true;
        onEvent?.({ kind: 'suspended' });
        this.used = features?.();
        return { passes: [], precopyEnd, ...figures, suspendRequestedAt: performance.now() };
      },
      sendAway: (name) => {
        must(this.suspended, 'host', 'sent away while it runs');
        this.name = name;
      },
      resume: () => {
        this.suspended = false;
        this.name = 'busy';
      },
      destroy: () => {
        must(this.suspended, 'host', 'destroyed while it runs');
        this.gone = true;
      },
      release: () => undefined,
    };
  }
}

/**
 * The hello at the start of octets: its length, and the bits of its features; undefined if there is none, or not
 * all of it, or none that is well-formed.
 * @param {Buffer} octets
 */
function helloIn(octets) {
  if (octets.length < 16 || octets.toString('latin1', 0, 8) !== 'mighello') return undefined;
  const [version, body] = [octets.readUInt32LE(8), octets.readUInt32LE(12)];
  if (body < 8 || body > 1024 || octets.length < 16 + body) return undefined;
  return { length: 16 + body, bits: version === 1 ? octets.readUInt32LE(16) : 0 };
}

/**
 * The progress of the target by its messages, and the source's reaction.
 * @param {Buffer} octets
 * @param {Lib['handshake']} handshake
 */
function expected(octets, { BANNER, READY, REPORT, PERMISSION_TO_GO }) {
  const hello = helloIn(octets.subarray(BANNER.length))?.length ?? 0;
  const said = Buffer.concat([octets.subarray(0, BANNER.length), octets.subarray(BANNER.length + hello)]);
  /** @param {readonly Uint8Array[]} messages */
  const whole = (messages) => {
    const octets = Buffer.concat(messages);
    return Buffer.compare(octets, said.subarray(0, octets.length)) === 0;
  };
  const until = [BANNER, READY, REPORT];
  if (!whole([BANNER])) return 'untouched';
  if (!whole([BANNER, READY])) return 'resumed';
  const status = whole(until) ? said[Buffer.concat(until).length] : undefined;
  if (status === undefined) return 'unknown';
  if (status === 0) return 'moved';
  return whole([...until, Buffer.of(status), PERMISSION_TO_GO]) ? 'taken back' : 'unknown';
}

/** Ends of the conversation: whether permission was given, and the expected state of the domain. */
const ends = {
  untouched: { given: false, gone: false, suspended: false, name: 'busy' },
  resumed: { given: false, gone: false, suspended: false, name: 'busy' },
  unknown: { given: true, gone: false, suspended: true, name: 'busy--migratedaway' },
  'taken back': { given: true, gone: false, suspended: false, name: 'busy' },
  moved: { given: true, gone: true, suspended: true, name: 'busy--migratedaway' },
};

/**
 * Outcomes that the error may report then.
 * @type {Readonly<Record<keyof typeof ends, readonly SourceOutcome[]>>}
 */
const outcomes = {
  untouched: ['untouched', 'keeps-running'],
  // A hello that is malformed ends the migration where it is seen.
  resumed: ['resumed', 'keeps-running'],
  unknown: ['unknown'],
  'taken back': ['resumed'],
  moved: [],
};

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkMigrate(octets, lib) {
  const { liveMigrate, MigrationError } = lib.sender;
  const host = new DomainToSend(lib.handshake.allExtensionFeatures);
  const heard = memoryFile(lib, octets);
  const sent = lib.posix.createMemoryFile('the stream', 0);
  try {
    const input = new lib.posix.Input(heard, { subject: 'the target' });
    const output = new lib.posix.Output(sent, { subject: 'the stream' });
    const { error } = onlyThrows([MigrationError], () =>
      liveMigrate(/** @type {Host} */ (/** @type {unknown} */ (host)), 1, { input, output }),
    );
    if (error?.cause instanceof Violation) throw error.cause;
    const again = openSync(`/proc/self/fd/${sent}`, 'r');
    const stream = readFileSync(again);
    closeSync(again);
    const end = expected(Buffer.from(octets), lib.handshake);
    const due = ends[end];
    const found = { given: stream.includes(Buffer.from(lib.handshake.PERMISSION_TO_GO)), gone: host.gone, suspended: host.suspended, name: host.name }; // prettier-ignore
    must(isDeepStrictEqual(found, due), 'domain', () => `${end}: ${JSON.stringify(found)}, ${error}`);
    must((error === undefined) === (end === 'moved'), 'outcome', () => `${end}, and ${error}`);
    if (host.used !== undefined) {
      const bits = helloIn(Buffer.from(octets).subarray(lib.handshake.BANNER.length))?.bits ?? 0;
      const offered = [...lib.handshake.allExtensionFeatures].filter(
        (feature) => ((bits >>> lib.handshake.extensionFeatures[feature].bit) & 1) === 1,
      );
      must(isDeepStrictEqual([...host.used], offered), 'features', () => `${offered} offered, ${[...(host.used ?? [])]} used`); // prettier-ignore
    }
    if (error !== undefined) {
      must(outcomes[end].includes(error.outcome), 'outcome', () => `${end}: ${error.outcome}`);
      must(error.message.length < 1000, 'error', 'a message without end');
    }
    return end;
  } finally {
    closeSync(heard);
    closeSync(sent);
  }
}

/**
 * The messages of a target, up to any of them.
 * @param {Random} random
 * @param {Lib} lib
 */
export function generateAnswers(random, { handshake }) {
  const { BANNER, READY, REPORT, PERMISSION_TO_GO, encodeHello } = handshake;
  const status = Buffer.of(random.pick([0, 0, 3, 255]));
  const hello = () => {
    const features = random.pick([0, 1, 0xffffffff]);
    return encodeHello({
      version: random.pick([1, 1, 1, 0, 2]),
      features,
      rest: random.octets(random.from(4, 40)),
    });
  };
  const hellos = Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, hello);
  const all = [BANNER, ...hellos, READY, REPORT, status, PERMISSION_TO_GO];
  return new Uint8Array(Buffer.concat(all.slice(0, random.from(1, all.length))));
}
