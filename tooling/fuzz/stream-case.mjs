// Checks of any octets given to the decoders of streams.
import { isDeepStrictEqual } from 'node:util';
import { allocatesLittle } from './chunks.mjs';
import { Random, seedOf } from './random.mjs';
import { must, onlyThrows } from './violation.mjs';

/** @import { Deviation, PushEvent, StreamDecoderOptions, StreamError, StreamEvent } from '@mig/protocol' */
/** @import { Lib } from './lib.mjs' */

/**
 * The start of a stream, and its kind.
 * @typedef {Pick<StreamDecoderOptions, 'start' | 'permission' | 'checkpointed' | 'features'>} StreamOptions
 */

const CAP = 128 * 2 ** 20;
/** Octets that decoders may take for their buffers. */
const BUFFERS = 8 * 2 ** 20;
/** Most deviations of one header or record: otherwise a hostile body could make any number of them. */
const MOST_REPORTS = 16;
/** Codes after which decoding cannot continue: thrown when verifying, too. */
/** @type {Set<string>} */
const fatal = new Set([
  ...['truncated', 'octets-after-end', 'bad-magic', 'unsupported-version', 'unsupported-byte-order'],
  ...['record-too-long', 'bad-value', 'out-of-order'],
]);

/** The output of a decoder, independent of how pages were cut. */
class Story {
  #copyPages;
  /** @type {PushEvent[]} */
  events = [];
  /** @type {Uint8Array[][]} what each of the events has of pages' octets */
  #pieces = [];
  /** @type {Deviation[]} */
  deviations = [];
  /** @type {StreamError | undefined} */
  error = undefined;

  /** @param {Lib} lib */
  constructor({ protocol }) {
    this.#copyPages = protocol.copyPages;
  }

  /**
   * Adds an event whose lists the decoder reuses.
   * @param {StreamEvent} event
   */
  add(event) {
    this.keep(event.kind === 'pages' ? this.#copyPages(event) : event);
  }

  /**
   * Adds an event that stays as it is; successive octets of pages are joined.
   * @param {PushEvent} event
   */
  keep(event) {
    const last = this.events.at(-1);
    if (event.kind === 'page-octets') {
      if (last?.kind === 'page-octets') {
        this.#pieces.at(-1)?.push(event.octets);
        return;
      }
      this.#pieces.push([event.octets]);
    }
    this.events.push(event);
  }

  settle() {
    const pieces = this.#pieces.values();
    this.events = this.events.map((event) =>
      event.kind === 'page-octets'
        ? { ...event, octets: new Uint8Array(Buffer.concat(pieces.next().value ?? [])) }
        : event,
    );
    return this;
  }
}

/**
 * Pulls through a StreamDecoder, counting steps and checking all that it reports.
 * @param {Lib} lib
 * @param {Uint8Array} octets
 * @param {StreamDecoderOptions} options
 */
function pulled(lib, octets, options) {
  const { pull, StreamDecoder, StreamError } = lib.protocol;
  const story = new Story(lib);
  /** @param {Deviation} deviation */
  const onDeviation = (deviation) => void story.deviations.push(deviation);
  const decoder = new StreamDecoder({ ...options, onDeviation });
  let at = 0;
  let steps = 0;
  /** @param {number} count */
  const read = (count) => {
    must(++steps <= octets.length / 4 + 32, 'steps', () => `${steps} steps for ${at} bytes`);
    must(decoder.offset === at, 'offset', () => `offset is ${decoder.offset} where ${at} were given`);
    must(count > 0 && count <= CAP, 'wants', () => `${count} bytes wanted`);
    must(decoder.pageOctets === 0, 'pages', 'bytes of pages and others wanted');
    const taken = octets.subarray(at, at + count);
    if (taken.length === count) at += count;
    return taken;
  };
  const drive = () => {
    for (const event of pull(decoder, read)) {
      story.add(event);
      const { pageOctets } = decoder;
      must(pageOctets <= CAP, 'pages', () => `${pageOctets} bytes of pages`);
      if (pageOctets === 0) continue;
      must(event.kind === 'pages' && decoder.wants === 0, 'pages', 'bytes of no pages');
      const pages = octets.subarray(at, at + pageOctets);
      if (pages.length > 0) {
        story.keep({ kind: 'page-octets', layer: 'libxc', index: event.index, offset: at, octets: pages });
        decoder.pagesTaken(pages.length);
      }
      at += pages.length;
      if (decoder.pageOctets > 0) return decoder.end();
    }
    if (at < octets.length) decoder.end(octets.length - at);
  };
  story.error = allocatesLittle(octets, () => onlyThrows([StreamError], drive), BUFFERS).error;
  return story.settle();
}

/**
 * Pushes through a PushDecoder, in chunks of the sizes that `size` gives.
 * @param {Lib} lib
 * @param {Uint8Array} octets
 * @param {StreamDecoderOptions} options
 * @param {() => number} size
 */
function pushed(lib, octets, options, size) {
  const { PushDecoder, StreamDecoder, StreamError } = lib.protocol;
  const story = new Story(lib);
  /** @param {Deviation} deviation */
  const onDeviation = (deviation) => void story.deviations.push(deviation);
  const decoder = new PushDecoder(new StreamDecoder({ ...options, onDeviation }));
  const drive = () => {
    for (let at = 0; at < octets.length;) {
      const to = Math.min(octets.length, at + size());
      // A copy: nothing may be read beyond it.
      for (const event of decoder.push(octets.slice(at, to))) story.keep(event);
      at = to;
    }
    decoder.end();
  };
  story.error = allocatesLittle(octets, () => onlyThrows([StreamError], drive), BUFFERS).error;
  return story.settle();
}

/** @param {Story} story */
function errorOf({ error }) {
  if (error === undefined) return undefined;
  const { code, layer, offset, rawMessage, field, record } = error;
  return { code, layer, offset, rawMessage, field, record };
}

/** @param {Story} one @param {Story} other @param {string} oracle */
function sameStory(one, other, oracle) {
  must(isDeepStrictEqual(errorOf(one), errorOf(other)), oracle, () => `${one.error} and ${other.error}`);
  must(isDeepStrictEqual(one.events, other.events), oracle, 'other events');
  must(isDeepStrictEqual(one.deviations, other.deviations), oracle, 'other deviations');
}

/** @param {Lib} lib @param {Uint8Array} octets @param {Story} story */
function comesBack(lib, octets, story) {
  const encoder = new lib.protocol.EventEncoder();
  const back = Buffer.concat(story.events.map((event) => Buffer.from(encoder.encode(event))));
  const same = Buffer.compare(back, octets.subarray(0, back.length)) === 0;
  must(same, 're-encoding', () => `${back.length} bytes came back as others`);
  if (story.error === undefined) {
    must(back.length === octets.length, 're-encoding', `${back.length} of ${octets.length} bytes came back`);
  }
}

/**
 * Checks that everything shown of it is safe for JSON.
 * @param {Lib} lib
 * @param {Story} story
 */
function isDescribed(lib, story) {
  for (const event of story.events) {
    if (event.kind !== 'record' && event.kind !== 'pages') continue;
    const fields =
      event.kind === 'pages' ? lib.protocol.describePages(event) : lib.protocol.describeRecord(event.record);
    must(isDeepStrictEqual(JSON.parse(JSON.stringify(fields)), fields), 'description', () => String(fields));
  }
  const reports = new Map();
  for (const deviation of story.deviations) {
    const count = (reports.get(deviation.offset) ?? 0) + 1;
    must(
      count <= MOST_REPORTS,
      'deviation',
      () => `more than ${MOST_REPORTS} for one record: ${deviation.message}`,
    );
    reports.set(deviation.offset, count);
    must(Boolean(deviation.message && deviation.specification), 'deviation', 'without what is asked');
    must(deviation.message.length < 1000, 'deviation', 'a message without end');
    must(
      isDeepStrictEqual(JSON.parse(JSON.stringify(deviation)), deviation),
      'deviation',
      'not safe for JSON',
    );
  }
}

/** @param {Story} story @param {Uint8Array} octets */
function errorMakesSense({ error }, octets) {
  if (error === undefined) return;
  must(error.offset >= 0 && error.offset <= octets.length, 'error', () => `its place is beyond: ${error}`);
  must(String(error).length < 2000, 'error', 'a message without end');
}

/**
 * Checks the ends: an image or a stream without END is never complete.
 * @param {Story} story
 * @param {Uint8Array} octets
 */
function hasItsEnds(story, octets) {
  if (story.error !== undefined) return;
  const ends = story.events.filter((event) => event.kind === 'record' && event.record.type === 'END');
  const last = story.events.filter(({ kind }) => kind !== 'permission').at(-1);
  must(
    last !== undefined && last === ends.at(-1),
    'end',
    () => `${octets.length} bytes taken without END at the end`,
  );
  const layers = ends.map(({ layer }) => layer).join(' ');
  must(
    layers === (story.events[0]?.layer === 'libxc' ? 'libxc' : 'libxc libxl'),
    'end',
    () => `it ends with END of ${layers}`,
  );
}

/**
 * Checks that both levels of strictness agree, except where they should differ.
 * @param {Story} receive
 * @param {Story} verify
 */
function strictnessAgrees(receive, verify) {
  /** @param {Deviation} deviation */
  const again = ({ code }) => code !== 'page-sent-again';
  const reported = verify.deviations.filter(again);
  const early = receive.deviations.length;
  must(isDeepStrictEqual(receive.deviations, reported.slice(0, early)), 'strictness', 'other deviations');
  must(
    isDeepStrictEqual(receive.events, verify.events.slice(0, receive.events.length)),
    'strictness',
    'other events',
  );
  if (receive.error === undefined) {
    must(verify.error === undefined, 'strictness', () => `received, but not verified: ${verify.error}`);
    must(
      early === reported.length,
      'strictness',
      () => `received, and verified as ${reported.at(-1)?.message}`,
    );
    must(receive.events.length === verify.events.length, 'strictness', 'more events when verifying');
    return;
  }
  // The fault that was refused is the next that verifying reports.
  const next = reported[early];
  const { code, offset, rawMessage } = receive.error;
  const said = next === undefined ? verify.error : { ...next, rawMessage: next.message };
  must(
    said !== undefined && said.code === code && said.offset === offset && said.rawMessage === rawMessage,
    'strictness',
    () => `refused: ${receive.error}; verified: ${said?.rawMessage}`,
  );
  must(
    next === undefined || next.severity === 'wrong',
    'strictness',
    () => `refused, and let be: ${next?.message}`,
  );
  if (verify.error !== undefined) {
    must(fatal.has(verify.error.code), 'strictness', () => `it could be reported: ${verify.error}`);
    must(
      verify.error.code !== 'bad-value' || verify.error.layer === 'libxc',
      'strictness',
      () => `it could be reported: ${verify.error}`,
    );
  }
}

/**
 * @param {Uint8Array} octets
 * @param {Lib} lib
 * @param {StreamOptions} options
 * @returns the error's code, or 'accepted'
 */
export function checkStream(octets, lib, options) {
  const random = new Random(seedOf(octets));
  const receive = pulled(lib, octets, { ...options, strictness: 'receive' });
  const verify = pulled(lib, octets, { ...options, strictness: 'verify' });
  for (const story of [receive, verify]) {
    errorMakesSense(story, octets);
    comesBack(lib, octets, story);
    isDescribed(lib, story);
  }
  hasItsEnds(receive, octets);
  strictnessAgrees(receive, verify);
  const sizes = [
    () => octets.length,
    octets.length < 2000 ? () => 1 : () => 1 + random.below(9000),
    () => 1 + random.below(40),
  ];
  for (const strictness of /** @type {const} */ (['receive', 'verify'])) {
    const story = strictness === 'receive' ? receive : verify;
    // prettier-ignore
    const size = strictness === 'receive' ? sizes : [random.pick(sizes)];
    for (const each of size) {
      const other = pushed(lib, octets, { ...options, strictness }, each);
      sameStory(story, other, 'chunks');
    }
  }
  return receive.error?.code ?? 'accepted';
}
