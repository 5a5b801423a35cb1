// Checks of any octets between an operator and a migration, and of the values made of them.
import { isDeepStrictEqual } from 'node:util';
import { checkDelimited } from './message-cases.mjs';
import { isFitForTerminal } from './terminal.mjs';
import { must, neverThrows } from './violation.mjs';

/** @import { OperatorReply, OperatorRequest } from '@mig/operator/wire' */
/** @import { Settings } from '@mig/sender/policy' */
/** @import { SourceState } from '@mig/protocol/handshake' */
/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

/**
 * The settings of the migration that the operator changes.
 * @type {Parameters<Lib['steering']['changedSettings']>[0]}
 */
const settings = {
  precopyIterations: 5,
  precopyThreshold: 50,
  maxDowntime: 300,
  timeout: 60_000,
  timeoutAction: 'abort',
  bandwidth: 1e6,
  bandwidthAlways: true,
};

/**
 * Checks that a change is made, or refused in a sentence; the settings then in force can be sent to the
 * operator.
 * @param {OperatorRequest} request
 * @param {Lib} lib
 */
function isHeeded(request, { operator, steering }) {
  if (request.kind !== 'set') return;
  const changed = neverThrows(() => steering.changedSettings(settings, request.change));
  if (typeof changed === 'string') {
    must(changed.length < 500, 'course', 'a refusal without end');
    return;
  }
  /** @type {OperatorReply} */
  const reply = { id: 1, kind: 'course', course: steering.settingsInForce(changed, false) };
  const [octets = new Uint8Array()] = new operator.OperatorFrames().push(operator.encodeOperatorReply(reply));
  const told = operator.decodeOperatorReply(octets);
  must(isDeepStrictEqual(told, reply), 'course', () => JSON.stringify([reply, told]));
}

/**
 * Checks that any reply can be shown.
 * @param {OperatorReply} reply
 * @param {Lib} lib
 */
function isShown(reply, lib) {
  const { xl } = lib;
  const record = { domid: 1, domain: 'g', target: 'host2', pid: 5 };
  /** @returns {string[]} */
  const say = () => {
    switch (reply.kind) {
      case 'status': {
        const { status } = reply;
        return [
          ...xl.statusParagraph(status),
          xl.statusSentence(status),
          ...xl.statusTable([status, { record }]),
          JSON.parse(xl.statusLine(status)).event,
        ];
      }
      case 'course':
        return [JSON.parse(xl.settingsLine(record, reply.course)).event];
      case 'end':
        return [...xl.endSentences(record, reply.end), JSON.parse(xl.endLine(record, reply.end)).event];
      case 'error':
        return [reply.message];
    }
  };
  const lines = say();
  isFitForTerminal(lines, lib);
  for (const line of lines) {
    must(typeof line === 'string' && !/undefined|NaN|\[object/.test(line), 'shown', () =>
      JSON.stringify(line),
    );
  }
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkOperatorRequest(octets, lib) {
  const { operator } = lib;
  return checkDelimited(octets, {
    Frames: operator.OperatorFrames,
    ControlError: operator.ControlError,
    decodeOne: operator.decodeOperatorRequest,
    encodeOne: operator.encodeOperatorRequest,
    said: (request) => isHeeded(request, lib),
  });
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkOperatorReply(octets, lib) {
  const { operator } = lib;
  return checkDelimited(octets, {
    Frames: operator.OperatorFrames,
    ControlError: operator.ControlError,
    decodeOne: operator.decodeOperatorReply,
    encodeOne: operator.encodeOperatorReply,
    said: (reply) => isShown(reply, lib),
  });
}

/**
 * @param {Random} random
 * @returns {Settings} some of it
 */
function anySettings(random) {
  const all = {
    precopyIterations: random.below(10),
    precopyThreshold: random.below(1000),
    maxDowntimeMilliseconds: random.below(1000),
    abortIfBusy: random.chance(0.5),
    timeoutMilliseconds: random.below(100_000),
    timeoutAction: random.pick(['suspend', 'abort']),
    bandwidth: random.below(2 ** 32),
    bandwidthAlways: random.chance(0.5),
  };
  return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.4)));
}

/**
 * @param {Random} random
 * @returns {OperatorRequest}
 */
function anyRequest(random) {
  const id = random.below(5);
  const change = Object.entries(anySettings(random)).map(([name, value]) => [
    name,
    random.chance(0.3) ? null : value,
  ]);
  const bare = /** @type {const} */ (['status', 'watch', 'abort']);
  /** @type {OperatorRequest[]} */
  const requests = [
    ...bare.map((kind) => ({ id, kind })),
    { id, kind: 'switchover', now: random.chance(0.5) },
    { id, kind: 'set', change: Object.fromEntries(change) },
  ];
  return random.pick(requests);
}

/**
 * @param {Random} random
 * @param {Lib} lib
 * @returns {OperatorReply}
 */
function anyReply(random, { operator, handshake }) {
  const id = random.below(5);
  const pass = {
    kind: random.pick(/** @type {const} */ (['precopy', 'remainder'])),
    iteration: 1,
    dirtyPages: random.below(100),
    pagesDone: 7,
  };
  const status = {
    ...{
      domid: 1,
      domain: 'g',
      target: 'host2',
      pid: 5,
      phase: random.pick(/** @type {SourceState[]} */ (Object.keys(handshake.sourceTable))),
    },
    ...{ iteration: random.below(9), octetsSent: random.below(2 ** 40), elapsedMilliseconds: 1.5 },
    ...(random.chance(0.5) && {
      pass,
      dirtyPages: 5,
      sendRate: 1000.5,
      dirtyRate: 7,
      passLeftMilliseconds: 9,
    }),
    ...(random.chance(0.5) && { ownPolicy: '/p.mjs', precopyEnd: { code: 'threshold', sentence: 'it is' } }),
    course: anySettings(random),
  };
  /** @type {OperatorReply[]} */
  const replies = [
    { id, kind: 'status', status },
    { id, kind: 'course', course: anySettings(random) },
    {
      id,
      kind: 'end',
      end: { outcome: 'moved', exitStatus: 0, message: '', advice: ['a', 'b'], asBefore: random.chance(0.5) },
    },
    { id, kind: 'error', code: random.pick(operator.operatorErrorCodes), message: 'no' },
  ];
  return random.pick(replies);
}

/**
 * @param {Random} random
 * @param {Lib} lib
 * @param {import('./cases.mjs').Direction} direction
 */
export function generateOperatorMessages(random, lib, direction) {
  const { operator } = lib;
  const messages = Array.from({ length: random.from(1, 4) }, () =>
    direction === 'request'
      ? operator.encodeOperatorRequest(anyRequest(random))
      : operator.encodeOperatorReply(anyReply(random, lib)),
  );
  return new Uint8Array(Buffer.concat(messages));
}
