// What must hold for any octets between an operator and a migration, and for what is made of them.
import { isDeepStrictEqual } from 'node:util';
import { checkDelimited } from './message-cases.mjs';
import { isFitForTerminal } from './terminal.mjs';
import { must, onlyThrows } from './violation.mjs';

/** The operator changes the settings of this migration. */
const settings = {
  precopyIterations: 5,
  precopyThreshold: 50,
  maxDowntime: 300,
  timeout: 60_000,
  timeoutAction: 'abort',
  bandwidth: 1e6,
  bandwidthAlways: true,
};

/** A change is made, or refused in a sentence; what is then in force can be told to the operator. */
function isHeeded(request, { operator, steering }) {
  if (request.kind !== 'set') return;
  let changed;
  const error = onlyThrows([], () => (changed = steering.changedSettings(settings, request.change)));
  must(error === undefined, 'course', () => String(error));
  if (typeof changed === 'string') {
    must(changed.length < 500, 'course', 'a refusal without end');
    return;
  }
  const reply = { id: 1, kind: 'course', course: steering.settingsInForce(changed, false) };
  const [octets] = new operator.OperatorFrames().push(operator.encodeOperatorReply(reply));
  const told = operator.decodeOperatorReply(octets);
  must(isDeepStrictEqual(told, reply), 'course', () => JSON.stringify([reply, told]));
}

/** Whatever a reply holds, it can be shown. */
function isShown(reply, lib) {
  const { xl } = lib;
  const record = { domid: 1, domain: 'g', target: 'host2', pid: 5 };
  const say = {
    status: ({ status }) => [
      ...xl.statusParagraph(status),
      xl.statusSentence(status),
      ...xl.statusTable([status, { record }]),
      JSON.parse(xl.statusLine(status)).event,
    ],
    course: ({ course: inForce }) => [JSON.parse(xl.courseLine(record, inForce)).event],
    end: ({ end }) => [...xl.endSentences(record, end), JSON.parse(xl.endLine(record, end)).event],
    error: ({ message }) => [message],
  };
  const lines = say[reply.kind](reply);
  isFitForTerminal(lines, lib);
  for (const line of lines) {
    must(typeof line === 'string' && !/undefined|NaN|\[object/.test(line), 'shown', () =>
      JSON.stringify(line),
    );
  }
}

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

function anyCourse(random) {
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

function anyRequest(random) {
  const change = Object.entries(anyCourse(random)).map(([name, value]) => [
    name,
    random.chance(0.3) ? null : value,
  ]);
  return random.pick([
    ...['status', 'watch', 'abort'].map((kind) => ({ kind })),
    { kind: 'switchover', now: random.chance(0.5) },
    { kind: 'set', change: Object.fromEntries(change) },
  ]);
}

function anyReply(random, { operator, handshake }) {
  const pass = {
    kind: random.pick(['precopy', 'remainder']),
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
      phase: random.pick(Object.keys(handshake.sourceTable)),
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
    course: anyCourse(random),
  };
  const end = { outcome: 'moved', exitStatus: 0, message: '', advice: ['a', 'b'] };
  return random.pick([
    { kind: 'status', status },
    { kind: 'course', course: anyCourse(random) },
    { kind: 'end', end },
    { kind: 'error', code: random.pick(operator.operatorErrorCodes), message: 'no' },
  ]);
}

export function generateOperatorMessages(random, lib, direction) {
  const { operator } = lib;
  const messages = Array.from({ length: random.from(1, 4) }, () =>
    direction === 'request'
      ? operator.encodeOperatorRequest({ id: random.below(5), ...anyRequest(random) })
      : operator.encodeOperatorReply({ id: random.below(5), ...anyReply(random, lib) }),
  );
  return new Uint8Array(Buffer.concat(messages));
}
