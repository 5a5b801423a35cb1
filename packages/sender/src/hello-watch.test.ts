import { afterEach, beforeEach, expect, test } from 'vitest';
import { Input, Output, pipe } from '@mig/posix';
import { ModelHost } from '@mig/hypervisor/model';
import { encodeXlHeader, StreamError, xlHeader, XlOptionalFlag } from '@mig/protocol';
import {
  BANNER,
  encodeHello,
  type ExtensionFeatures,
  helloOf,
  PERMISSION_TO_GO,
  READY,
  REPORT,
} from '@mig/protocol/handshake';
import { MigrationError, MissingMessageError, UnexpectedMessageError } from './errors.js';
import { HelloWatch } from './hello-watch.js';
import { liveMigrate } from './live-migrate.js';
import { ScriptedTarget } from './scripted-target.test-support.js';

const hello = encodeHello(helloOf(['zero-pages']));
/** The head of a hello of a later version. */
const longHead = encodeHello({ version: 2, features: 0, rest: new Uint8Array(1000) }).subarray(0, 16);
const success = Uint8Array.of(0);
const zeroPages: ExtensionFeatures = new Set(['zero-pages']);

let host: ModelHost;
let domid: number;
let target: ScriptedTarget | undefined;
const closing: (() => void)[] = [];
beforeEach(() => {
  host = new ModelHost();
  host.features = zeroPages;
  domid = host.add('busy');
});
afterEach(() => {
  target?.close();
  target = undefined;
  for (const close of closing.splice(0)) close();
});

function script(answers: Uint8Array[], after: 'hangs-up' | 'is-silent' = 'hangs-up'): ScriptedTarget {
  target = new ScriptedTarget(answers, after);
  return target;
}

/** A watch, and the way to send it octets. */
function watched() {
  const { readEnd, writeEnd } = pipe(65536);
  const input = new Input(readEnd, { subject: 'the answer' });
  const output = new Output(writeEnd, { subject: 'the answer' });
  closing.push(() => input.close());
  return { watch: new HelloWatch(input), output };
}

function failedMigration(to: ScriptedTarget): MigrationError {
  try {
    liveMigrate(host, domid, to.channel);
  } catch (error) {
    expect(error).toBeInstanceOf(MigrationError);
    return error as MigrationError;
  }
  throw new Error('the migration succeeded');
}

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);
const configuration = '{"c_info":{"name":"busy"}}';

test('looking never waits, and a hello in pieces is whole with its last octet', () => {
  const { watch, output } = watched();
  closing.push(() => output.close());
  for (const octet of hello) {
    expect(watch.look()).toEqual(new Set());
    output.write(Uint8Array.of(octet));
  }
  expect(watch.look()).toEqual(zeroPages);
  expect(watch.look()).toEqual(zeroPages);
});

test('nothing behind the hello is taken', () => {
  const { watch, output } = watched();
  closing.push(() => output.close());
  output.write(hello);
  output.write(READY);
  expect(watch.look()).toEqual(zeroPages);
  expect(watch.finish()).toEqual(new Uint8Array(0));
});

test('what is no hello is kept for whoever waits for it', () => {
  const { watch, output } = watched();
  closing.push(() => output.close());
  output.write(READY);
  expect(watch.look()).toEqual(new Set());
  const begun = watch.finish();
  expect(begun).not.toEqual(new Uint8Array(0));
  expect(begun).toEqual(READY.subarray(0, begun.length));
});

test('a target that has hung up is nothing to wait for', () => {
  const { watch, output } = watched();
  output.write(hello.subarray(0, 20));
  output.close();
  expect(watch.look()).toEqual(new Set());
  expect(watch.finish()).toEqual(new Uint8Array(0));
});

test('one that has hung up in the head has sent the first octets of another message', () => {
  const { watch, output } = watched();
  output.write(hello.subarray(0, 10));
  output.close();
  expect(watch.finish()).toEqual(hello.subarray(0, 10));
});

test('the flag is the only difference to what stock is sent, and the features are in use as soon as they are offered', () => {
  const to = script([BANNER, hello, READY, REPORT, success]);
  liveMigrate(host, domid, to.channel);
  expect(host.usable).toEqual(zeroPages);
  expect(to.heard().startsWith(text(encodeXlHeader(xlHeader(configuration, XlOptionalFlag.EXTENSION))))).toBe(
    true,
  );
  expect(host.list()).toEqual([]);
});

test('a stock target is migrated to as ever: the flag is set, and nothing else is used', () => {
  const to = script([BANNER, READY, REPORT, success]);
  liveMigrate(host, domid, to.channel);
  expect(host.usable).toEqual(new Set());
  expect(host.list()).toEqual([]);
});

test('a hello that comes only after the stream is read over', () => {
  const to = script([BANNER], 'is-silent');
  host.after.set('saveTo', () => to.dribble(Buffer.concat([hello, READY, REPORT, success])));
  const { channel } = to;
  channel.input.lookInterval = 1;
  liveMigrate(host, domid, channel);
  expect(host.usable).toEqual(new Set());
  expect(host.list()).toEqual([]);
});

test('a hello of a later version is read over, and nothing is used', () => {
  const later = encodeHello({ version: 2, features: 0xffffffff, rest: new Uint8Array(100) });
  liveMigrate(host, domid, script([BANNER, later, READY, REPORT, success]).channel);
  expect(host.usable).toEqual(new Set());
  expect(host.list()).toEqual([]);
});

test('a domain without features says nothing, and takes a hello for what it is then: an error', () => {
  host.features = new Set();
  const to = script([BANNER, hello, READY, REPORT, success]);
  const error = failedMigration(to);
  expect(error.cause).toBeInstanceOf(UnexpectedMessageError);
  expect([error.state, error.outcome]).toEqual(['awaiting-ready', 'resumed']);
  expect(to.heard().startsWith(text(encodeXlHeader(xlHeader(configuration))))).toBe(true);
});

test.each([
  ['a hello that is too long', [BANNER, hello.with(13, 0x10), READY], 'record-too-long'],
  ['a hello that is too short', [BANNER, hello.with(12, 0), READY], 'bad-length'],
])('%s ends the migration before permission, and the domain runs on', (_, answers, code) => {
  const to = script(answers);
  const error = failedMigration(to);
  expect(error.cause).toBeInstanceOf(StreamError);
  expect(error.cause).toMatchObject({ code, layer: 'handshake', offset: BANNER.length });
  expect(host.running).toEqual(['busy']);
  expect(to.heard()).not.toContain(text(PERMISSION_TO_GO));
});

test.each([
  ['two hellos', [BANNER, hello, hello, READY, REPORT, success], UnexpectedMessageError],
  ['what only begins like a hello', [BANNER, octetsOf('mighell!'), READY], UnexpectedMessageError],
  ['half a hello', [BANNER, hello.subarray(0, 20)], MissingMessageError],
  ['half of its head', [BANNER, hello.subarray(0, 10)], MissingMessageError],
  ['a hello whose body has ready in it, and ends', [BANNER, longHead, READY], MissingMessageError],
  ['a long hello that ends', [BANNER, longHead, new Uint8Array(200)], MissingMessageError],
])('%s ends the migration before permission, and the domain is resumed', (_, answers, kind) => {
  const to = script(answers);
  const error = failedMigration(to);
  expect(error.cause).toBeInstanceOf(kind);
  expect([error.state, error.outcome]).toEqual(['awaiting-ready', 'resumed']);
  expect(host.running).toEqual(['busy']);
  expect(to.heard()).not.toContain(text(PERMISSION_TO_GO));
});

function octetsOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
