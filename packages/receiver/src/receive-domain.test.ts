import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError, type ReceiveEvent } from '@mig/hypervisor';
import { MODEL_STREAM, ModelHost } from '@mig/hypervisor/model';
import { Input, Interrupt, Output, pipe } from '@mig/posix';
import { encodeXlHeader, StreamError, xlHeader, XlOptionalFlag } from '@mig/protocol';
import {
  BANNER,
  encodeHello,
  encodeRefusal,
  helloOf,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  type TargetState,
  targetTable,
} from '@mig/protocol/handshake';
import { ReceiveError } from './errors.js';
import { receiveDomain } from './receive-domain.js';

const text = (octets: Uint8Array) => new TextDecoder('latin1').decode(octets);
const header = encodeXlHeader(xlHeader('{"c_info":{"name":"busy"}}'));

/** A source whose messages are all sent beforehand, and that then hangs up or falls silent. */
class ScriptedSource {
  readonly interrupt = Interrupt.create();
  readonly channel: { input: Input; output: Output };
  readonly #send: Output;
  readonly #heard: Input;

  constructor(
    sent: Uint8Array[],
    readonly after: 'hangs-up' | 'is-silent',
  ) {
    const [stream, answer] = [pipe(65536), pipe(65536)];
    this.#send = new Output(stream.writeEnd, { subject: 'what is sent' });
    this.#heard = new Input(answer.readEnd, { subject: 'what was answered' });
    const { interrupt } = this;
    this.channel = {
      input: new Input(stream.readEnd, { subject: 'the stream', interrupt }),
      output: new Output(answer.writeEnd, { subject: 'the answer', interrupt }),
    };
    for (const octets of sent) this.#send.write(octets);
    if (after === 'hangs-up') this.#send.close();
  }

  /** Sends more octets: one whenever the target has waited for 100 ms. */
  dribble(octets: Uint8Array): void {
    let sent = 0;
    this.channel.input.whileWaiting = () => {
      if (sent < octets.length) this.#send.write(octets.subarray(sent, ++sent));
    };
  }

  deafen(): void {
    this.#heard.close();
  }

  /** Returns all that the target has answered; closes the channel. */
  heard(): string {
    this.channel.output.close();
    const octets = new Uint8Array(65536);
    let length = 0;
    for (let moved = -1; moved !== 0; length += moved) moved = this.#heard.readSome(octets.subarray(length));
    return text(octets.subarray(0, length));
  }

  close(): void {
    this.channel.input.close();
    this.channel.output.close();
    this.#heard.close();
    if (this.after === 'is-silent') this.#send.close();
    this.interrupt.close();
  }
}

let host: ModelHost;
let source: ScriptedSource | undefined;
beforeEach(() => {
  host = new ModelHost();
});
afterEach(() => {
  source?.close();
  source = undefined;
});

function script(sent: Uint8Array[], after: 'hangs-up' | 'is-silent' = 'hangs-up'): ScriptedSource {
  source = new ScriptedSource(sent, after);
  return source;
}

/** Observes only the states of the handshake. */
function inState(heard: (state: TargetState) => void) {
  return (event: ReceiveEvent) => {
    if (event.kind === 'target-state') heard(event.state);
  };
}

function failedReceive(from: ScriptedSource, permission = 1): ReceiveError {
  try {
    receiveDomain(host, from.channel, { timeouts: { progress: 50, permission } });
  } catch (error) {
    expect(error).toBeInstanceOf(ReceiveError);
    return error as ReceiveError;
  }
  throw new Error('the domain was received');
}

const report = (status: number) => text(REPORT) + String.fromCharCode(status);

test('the whole conversation: arrives under another name, runs only with permission', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  const states: string[] = [];
  const received = receiveDomain(host, from.channel, { onEvent: inState((state) => states.push(state)) });
  expect(received).toEqual({ domid: 1, name: 'busy', wasPaused: false });
  expect(states).toEqual([
    ...['greeting', 'restoring', 'awaiting-permission', 'starting', 'reporting-success', 'completed'],
  ]);
  expect(host.calls).toEqual(['restoreFrom busy--incoming', 'start 1 busy']);
  expect(host.running).toEqual(['busy']);
  expect(from.heard()).toBe(text(BANNER) + text(READY) + report(0));
});

const ofMig = encodeXlHeader(xlHeader('{"c_info":{"name":"busy"}}', XlOptionalFlag.EXTENSION));

test('a source that is mig hears a hello at once, with what the host has', () => {
  host.features = new Set(['zero-pages']);
  const from = script([ofMig, MODEL_STREAM, PERMISSION_TO_GO]);
  receiveDomain(host, from.channel);
  expect(host.running).toEqual(['busy']);
  expect(host.usable).toEqual(new Set(['zero-pages']));
  const hello = text(encodeHello(helloOf(['zero-pages'])));
  expect(from.heard()).toBe(text(BANNER) + hello + text(READY) + report(0));
});

test('the hello comes before anything of the stream has arrived', () => {
  host.features = new Set(['zero-pages']);
  const from = script([ofMig]);
  expect(failedReceive(from)).toMatchObject({ state: 'restoring', outcome: 'destroyed' });
  expect(from.heard()).toBe(text(BANNER) + text(encodeHello(helloOf(['zero-pages']))));
});

test.each([
  ['a stock source', header, true],
  ['mig, at a host that has nothing to offer', ofMig, false],
])('%s hears no hello', (_, sent, offers) => {
  if (offers) host.features = new Set(['zero-pages']);
  const from = script([sent, MODEL_STREAM, PERMISSION_TO_GO]);
  receiveDomain(host, from.channel);
  expect(host.usable).toBeUndefined();
  expect(from.heard()).toBe(text(BANNER) + text(READY) + report(0));
});

test.each(['domain-announced', 'domain-restored'] as const)(
  'a listener that throws at %s leaves no copy',
  (kind) => {
    const { channel } = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
    const onEvent = (event: ReceiveEvent) => {
      if (event.kind === kind) throw new Error('not today');
    };
    expect(() => receiveDomain(host, channel, { onEvent })).toThrow(ReceiveError);
    expect(host.calls.filter((call) => call.startsWith('start'))).toEqual([]);
    expect(host.list()).toEqual([]);
  },
);

test('what arrives is told in order; of the image, where it is asked for', () => {
  const image = { kind: 'image-finished', pages: 1, octets: 9 } as const;
  const restoreFrom = host.restoreFrom.bind(host);
  host.restoreFrom = (input, options) => {
    options.onEvent?.(image);
    return restoreFrom(input, options);
  };
  const told = (imageEvents?: boolean) => {
    const events: ReceiveEvent[] = [];
    source?.close();
    host.vanish(1);
    const { channel } = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
    const { domid } = receiveDomain(host, channel, { imageEvents, onEvent: (event) => events.push(event) });
    host.vanish(domid);
    return events
      .filter(({ kind }) => kind !== 'target-state')
      .map((event) => ({ ...event, domid: undefined }));
  };
  const announced = { kind: 'domain-announced', name: 'busy' };
  expect(told(true)).toEqual([announced, image, { kind: 'domain-restored' }]);
  expect(told()).toEqual([announced, { kind: 'domain-restored' }]);
});

/** Makes the host prepare for arrivals. @returns how often preparations were released */
function expecting(): () => number {
  let made = 0;
  let released = 0;
  Object.assign(host, {
    expectDomain: () => {
      made++;
      return { restoreFrom: host.restoreFrom.bind(host), release: () => released++ };
    },
  });
  return () => {
    expect(made).toBe(1);
    return released;
  };
}

test('what is made ready for a domain is used, and released', () => {
  const released = expecting();
  receiveDomain(host, script([header, MODEL_STREAM, PERMISSION_TO_GO]).channel);
  expect(host.running).toEqual(['busy']);
  expect(released()).toBe(1);
});

test('what is made ready for a domain that does not come is released', () => {
  const released = expecting();
  expect(failedReceive(script([header.subarray(0, 20)])).outcome).toBe('destroyed');
  expect(host.calls).toEqual([]);
  expect(released()).toBe(1);
});

test('paused on request', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  receiveDomain(host, from.channel, { paused: true });
  expect(host.calls).toEqual(['restoreFrom busy--incoming', 'start 1 busy']);
  expect(host.running).toEqual([]);
});

const broken: [string, Uint8Array[]][] = [
  ['nothing', []],
  ['half a header', [header.subarray(0, 20)]],
  ['a header without configuration', [encodeXlHeader(xlHeader('{}'))]],
  ['a configuration that is not JSON', [encodeXlHeader(xlHeader('{"c_info'))]],
  ['another kind of file', [new TextEncoder().encode('#!/bin/sh\necho this is not a stream at all\n')]],
  ['half a stream', [header, MODEL_STREAM.subarray(0, 5)]],
];
test.each(broken)('%s: no copy, no ready', (_, sent) => {
  const from = script(sent);
  expect(failedReceive(from)).toMatchObject({ state: 'restoring', outcome: 'destroyed' });
  expect(host.list()).toEqual([]);
  expect(from.heard()).toBe(text(BANNER));
});

test('what breaks the format is said with its place', () => {
  const error = failedReceive(script([encodeXlHeader(xlHeader('{}'))]));
  expect(error.cause).toBeInstanceOf(StreamError);
  expect(error.message).toMatch(/names no domain/);
});

test.each(['', 'a/b', '\x1b]0;a title\x07', 'two\nlines', 'a\x9b2J'])(
  'what is no name of a domain is refused before anything is made of it: %j',
  (name) => {
    const named = encodeXlHeader(xlHeader(JSON.stringify({ c_info: { name } })));
    const error = failedReceive(script([named, MODEL_STREAM, PERMISSION_TO_GO]));
    expect(error.cause).toBeInstanceOf(StreamError);
    expect(error.message).toMatch(/the name in it \(c_info\.name\) must not/);
    expect(host.calls).toEqual([]);
  },
);

test('a silent source is given up after the time allowed', () => {
  const error = failedReceive(script([header], 'is-silent'));
  expect(error.message).toBe('no bytes of the stream from the source within 0.05 s');
  expect(host.list()).toEqual([]);
});

const unpermitted: [string, Uint8Array[], 'hangs-up' | 'is-silent'][] = [
  ['the source is gone', [], 'hangs-up'],
  ['half of permission', [PERMISSION_TO_GO.subarray(0, 43)], 'hangs-up'],
  ['something else for permission', [new Uint8Array(44).fill(0x43)], 'hangs-up'],
  ['no permission in time', [], 'is-silent'],
];
test.each(unpermitted)(
  '%s: the copy never runs; it is gone before permission is given back',
  (_, sent, after) => {
    const from = script([header, MODEL_STREAM, ...sent], after);
    expect(failedReceive(from)).toMatchObject({ state: 'awaiting-permission', outcome: 'destroyed' });
    expect(host.calls).toEqual(['restoreFrom busy--incoming', 'destroy 1']);
    expect(host.list()).toEqual([]);
    expect(from.heard()).toBe(text(BANNER) + text(READY) + report(3) + text(PERMISSION_TO_GO));
  },
);

test('permission that comes octet by octet has no more time than another', () => {
  const from = script([header, MODEL_STREAM], 'is-silent');
  from.dribble(PERMISSION_TO_GO);
  const error = failedReceive(from, 250);
  expect(error).toMatchObject({ state: 'awaiting-permission', outcome: 'destroyed' });
  expect(error.message).toBe('no permission to go from the source within 0.25 s');
  expect(host.list()).toEqual([]);
});

test('a signal before permission: the copy is destroyed', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO], 'is-silent');
  host.after.set('restoreFrom', () => from.interrupt.raise('SIGTERM'));
  expect(failedReceive(from)).toMatchObject({ outcome: 'destroyed' });
  expect(host.list()).toEqual([]);
});

test('the name is taken: reported, copy destroyed, then permission back', () => {
  host.add('busy');
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  expect(failedReceive(from)).toMatchObject({ state: 'starting', outcome: 'destroyed' });
  expect(host.list().map(({ name }) => name)).toEqual(['busy']);
  expect(from.heard()).toBe(text(BANNER) + text(READY) + report(3) + text(PERMISSION_TO_GO));
});

test('the copy cannot be destroyed: no permission back', () => {
  host.failing.set('start', new Error('no'));
  host.failing.set('destroy', new Error('neither'));
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  expect(failedReceive(from)).toMatchObject({
    outcome: 'destroy-failed',
    recoveryError: { message: 'neither' },
  });
  expect(from.heard()).toBe(text(BANNER) + text(READY) + report(3));
});

test('the copy has ended by itself: permission goes back', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  host.before.set('start', () => {
    host.vanish(1);
    host.failing.set('destroy', new HostError('no-such-domain', 'there is none'));
    throw new Error('it has died');
  });
  expect(failedReceive(from)).toMatchObject({ state: 'starting', outcome: 'destroyed' });
  expect(from.heard()).toBe(text(BANNER) + text(READY) + report(3) + text(PERMISSION_TO_GO));
});

test('the source no longer listens when the domain runs: it goes on running', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  host.after.set('start', () => from.deafen());
  expect(failedReceive(from)).toMatchObject({ state: 'reporting-success', outcome: 'runs' });
  expect(host.running).toEqual(['busy']);
});

/** A way to fail in every state of the table: a state without one does not compile. */
const failures: Record<TargetState, (() => ScriptedSource) | 'end' | 'part of a failure'> = {
  greeting: () => {
    const from = script([]);
    from.deafen();
    return from;
  },
  restoring: () => script([header]),
  'awaiting-permission': () => script([header, MODEL_STREAM]),
  starting: () => {
    host.failing.set('start', new Error('no'));
    return script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  },
  'reporting-success': () => {
    const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
    host.after.set('start', () => from.deafen());
    return from;
  },
  // These states follow a failure, whose own state is the one reported.
  'reporting-failure': 'part of a failure',
  'destroying-copy': 'part of a failure',
  'giving-back': 'part of a failure',
  completed: 'end',
  'given-back': 'end',
};

const states = Object.keys(targetTable) as TargetState[];
test.each(states.filter((state) => typeof failures[state] === 'function'))(
  'what fails in %s has the outcome of the table',
  (state) => {
    const fail = failures[state];
    if (typeof fail !== 'function') throw new Error('it has no failure');
    const error = failedReceive(fail());
    expect([error.state, error.outcome]).toEqual([state, targetTable[state].onFailure]);
    expect(host.running).toEqual(error.outcome === 'runs' ? ['busy'] : []);
  },
);

test('where the failure cannot be reported the copy is destroyed all the same', () => {
  const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
  host.before.set('start', () => {
    from.deafen();
    throw new Error('no');
  });
  expect(failedReceive(from)).toMatchObject({
    state: 'starting',
    outcome: targetTable['reporting-failure'].onFailure,
  });
  expect(host.list()).toEqual([]);
});

test.each(['cordoned', 'arrivals-full'] as const)(
  'a host that is %s refuses before anything is read, and tells the source in place of the banner',
  (code) => {
    if (code === 'cordoned') host.arrivals.cordon({ by: 'root', reason: 'a new disk' });
    else host.arrivals.admit();
    const from = script([header, MODEL_STREAM, PERMISSION_TO_GO]);
    const states: string[] = [];
    let error: unknown;
    try {
      receiveDomain(host, from.channel, { arrivalsMax: 1, onEvent: inState((state) => states.push(state)) });
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ state: 'greeting', outcome: 'none', cause: { code } });
    expect(host.calls).toEqual([]);
    expect(states).toEqual([]);
    const { message: sentence } = (error as ReceiveError).cause as HostError;
    expect(from.heard()).toBe(text(encodeRefusal({ code, sentence })));
    expect(from.channel.input.octets).toBe(0);
  },
);

test('an arrival counts until the domain runs here, or its copy is gone', () => {
  const seen: number[] = [];
  const onEvent = () => void seen.push(host.arrivals.now().underWay);
  receiveDomain(host, script([header, MODEL_STREAM, PERMISSION_TO_GO]).channel, { arrivalsMax: 1, onEvent });
  expect(new Set(seen)).toEqual(new Set([1]));
  expect(host.arrivals.now().underWay).toBe(0);
  source!.close();
  failedReceive(script([header]));
  expect(host.arrivals.now().underWay).toBe(0);
});
