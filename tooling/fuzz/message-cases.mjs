// Checks of any octets given to the decoders of messages: the save helper's, control, the banner.
import { isDeepStrictEqual } from 'node:util';
import { allocatesLittle, anySize, chunked } from './chunks.mjs';
import { must, onlyThrows } from './violation.mjs';

/** @import { Lib } from './lib.mjs' */

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkHelper(octets, { helper }) {
  /** @param {() => number} size */
  const decode = (size) => {
    /** @type {ReturnType<InstanceType<Lib['helper']['HelperMessageDecoder']>['push']>} */
    const messages = [];
    const decoder = new helper.HelperMessageDecoder();
    const { error } = onlyThrows([helper.HelperMessageError], () => {
      chunked(octets, size, (chunk) => messages.push(...decoder.push(chunk)));
      decoder.end();
    });
    return { messages, error };
  };
  const whole = allocatesLittle(octets, () => decode(() => octets.length));
  // One octet at a time no chunk completes two messages, and none before a fault is lost.
  const parts = decode(() => 1);
  must(whole.error?.message === parts.error?.message, 'chunks', () => `${whole.error} and ${parts.error}`);
  if (whole.error === undefined) {
    must(isDeepStrictEqual(whole.messages, parts.messages), 'chunks', 'other messages');
  }
  const back = Buffer.concat(parts.messages.map(helper.encodeHelperMessage));
  const length = whole.error === undefined ? octets.length : back.length;
  must(Buffer.compare(back, octets.subarray(0, length)) === 0, 're-encoding', 'other bytes');
  if (whole.error !== undefined) {
    must(whole.error.offset === back.length, 'error', () => `${whole.error}, after ${back.length} bytes`);
  }
  return whole.error === undefined ? 'accepted' : 'refused';
}

/**
 * Replaces Buffers by plain arrays: the same octets, another prototype.
 * @param {object} message
 */
function plain(message) {
  return 'octets' in message && message.octets instanceof Uint8Array
    ? { ...message, octets: Uint8Array.from(message.octets) }
    : message;
}

/**
 * @template {object} Message
 * @typedef {object} Protocol
 * @property {Lib['control']['ControlFrames'] | Lib['operator']['OperatorFrames']} Frames
 * @property {Lib['control']['ControlError']} ControlError
 * @property {(octets: Uint8Array) => Message} decodeOne
 * @property {(message: Message) => Uint8Array} encodeOne
 * @property {(message: Message) => void} [said] what else must hold for a message that was understood
 */

/**
 * Checks messages with their lengths before them.
 * @template {object} Message
 * @param {Uint8Array} octets
 * @param {Protocol<Message>} protocol
 */
export function checkDelimited(
  octets,
  { Frames, ControlError, decodeOne, encodeOne, said = () => undefined },
) {
  /** @param {() => number} size */
  const decode = (size) => {
    /** @type {Uint8Array[]} */
    const messages = [];
    const frames = new Frames();
    const { error } = onlyThrows([ControlError], () => {
      chunked(octets, size, (chunk) => messages.push(...frames.push(chunk)));
    });
    return { messages, error };
  };
  const whole = allocatesLittle(octets, () => decode(() => octets.length));
  const parts = decode(anySize(octets));
  must(whole.error?.code === parts.error?.code, 'chunks', () => `${whole.error} and ${parts.error}`);
  if (whole.error === undefined) {
    must(isDeepStrictEqual(whole.messages, parts.messages), 'chunks', 'other messages');
  }
  let accepted = 0;
  for (const message of parts.messages) {
    const { error, value: decoded } = onlyThrows([ControlError], () => decodeOne(message));
    if (error !== undefined) {
      must(!error.fatal, 'error', () => `${error}`);
      continue;
    }
    accepted++;
    // Other octets may have the same meaning, but the meaning is preserved.
    const again = new Frames().push(encodeOne(decoded)).map(decodeOne);
    must(isDeepStrictEqual(again.map(plain), [plain(decoded)]), 're-encoding', () => `${JSON.stringify(decoded)} came back as ${JSON.stringify(again)}`); // prettier-ignore
    said(decoded);
  }
  return whole.error?.code ?? (accepted > 0 ? 'accepted' : 'refused');
}

/**
 * @param {Uint8Array} octets
 * @param {Lib} lib
 * @param {import('./cases.mjs').Direction} direction
 */
export function checkControl(octets, { control }, direction) {
  const { ControlFrames: Frames, ControlError } = control;
  return direction === 'request'
    ? checkDelimited(octets, {
        ...{ Frames, ControlError },
        decodeOne: control.decodeControlRequest,
        encodeOne: control.encodeControlRequest,
      })
    : checkDelimited(octets, {
        ...{ Frames, ControlError },
        decodeOne: control.decodeControlReply,
        encodeOne: control.encodeControlReply,
      });
}

/** @param {Uint8Array} octets @param {Lib} lib */
export function checkBanner(octets, { handshake }) {
  const { BANNER } = handshake;
  const due = octets.subarray(0, BANNER.length);
  const begins = Buffer.compare(due, BANNER.subarray(0, due.length)) === 0;
  const ofTerminal = Buffer.from(BANNER);
  ofTerminal[ofTerminal.length - 1] = 0x0d;
  const instead = Buffer.from(octets.subarray(0, 4096)).includes(ofTerminal) ? 'through-terminal' : 'other';
  for (const ended of [false, true]) {
    const verdict = handshake.classifyBanner(octets, ended);
    const expected = !begins ? instead : due.length === BANNER.length ? 'banner' : ended ? 'other' : 'prefix';
    must(verdict.kind === expected, 'verdict', () => `${verdict.kind}, not ${expected}`);
    if (verdict.kind !== 'other') continue;
    must(/^[^\p{Cc}]{0,1203}$/u.test(verdict.firstLine.replaceAll('\t', ' ')), 'printable', () =>
      JSON.stringify(verdict.firstLine),
    );
    must(verdict.likelyCause !== '', 'cause', 'none');
  }
  return begins ? 'accepted' : 'refused';
}
