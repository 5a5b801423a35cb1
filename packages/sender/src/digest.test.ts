/** Digests of the stream, from the source: where they stand, what they say, and with which targets. */
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemorySink } from '@mig/channel';
import { ModelHost, ModelMemory, Recording } from '@mig/hypervisor/model';
import { DIGEST_LENGTH, DIGEST_RESIDUE, encodeXlHeader, xlHeader, XlOptionalFlag } from '@mig/protocol';
import {
  allExtensionFeatures,
  BANNER,
  encodeHello,
  helloOf,
  PERMISSION_TO_GO,
  READY,
  REPORT,
} from '@mig/protocol/handshake';
import { DigestingSink } from './digesting-sink.js';
import { DigestNotOfferedError, MigrationError, MissingMessageError } from './errors.js';
import { liveMigrate, type LiveMigrateOptions } from './live-migrate.js';
import { simplePolicy } from './policies/index.js';
import { saveImage } from './save-image.js';
import { ScriptedTarget } from './scripted-target.test-support.js';

describe('an image with digests', () => {
  /** Two full batches and a bit. */
  const PAGES = 2100;

  test('has one after each batch, and one right before its end, each with the checksum of all before it', () => {
    const memory = new ModelMemory(PAGES);
    memory.versions.fill(0, 1500, 1600);
    let wrote = 0;
    memory.beforeBatch = () => {
      if (wrote++ === 0) memory.dirty(7);
    };
    const recording = new Recording();
    const sink = new DigestingSink(recording.output);
    expect(sink).not.toHaveProperty("descriptor");
    saveImage(memory, sink, {
      policy: simplePolicy(1),
      features: () => allExtensionFeatures,
      writeDigest: () => sink.writeDigest(),
    });
    const versions = new Uint32Array(PAGES);
    const events = recording.events(versions);
    expect(versions).toEqual(memory.versions);

    const names = events.flatMap((event) =>
      event.kind === 'pages' ? ['PAGE_DATA'] : event.kind === 'record' ? [event.record.type] : [],
    );
    expect(names).toEqual([
      'STATIC_DATA_END',
      ...['PAGE_DATA', 'DIGEST'],
      ...['ZERO_PAGES', 'PAGE_DATA', 'DIGEST'],
      ...['PAGE_DATA', 'DIGEST'],
      // The page that was written meanwhile.
      ...['PAGE_DATA', 'DIGEST'],
      ...['X86_TSC_INFO', 'DIGEST', 'END'],
    ]);
    const octets = recording.output.contents();
    const digests = events.flatMap((event) =>
      event.kind === 'record' && event.record.type === 'DIGEST' ? [{ at: event.offset, ...event.record }] : [],
    );
    expect(digests).toHaveLength(sink.digests);
    for (const { at, octets: before } of digests) {
      expect(before).toBe(at);
      expect(crc32(octets.subarray(0, at + DIGEST_LENGTH))).toBe(DIGEST_RESIDUE);
    }
  }); // prettier-ignore

  test('is, but for them, the image without them', () => {
    const memory = () => new ModelMemory(PAGES);
    const plain = new Recording();
    saveImage(memory(), plain.output, { policy: simplePolicy(1) });
    const recording = new Recording();
    const sink = new DigestingSink(recording.output);
    const report = saveImage(memory(), sink, {
      policy: simplePolicy(1),
      writeDigest: () => sink.writeDigest(),
    });
    const octets = recording.output.contents();
    expect(report.octets).toBe(octets.length);
    let at = 0;
    const kept: Uint8Array[] = [];
    for (const event of recording.events(new Uint32Array(PAGES))) {
      if (event.kind !== 'record' || event.record.type !== 'DIGEST') continue;
      kept.push(octets.subarray(at, event.offset));
      at = event.offset + DIGEST_LENGTH;
    }
    kept.push(octets.subarray(at));
    expect(Buffer.compare(Buffer.concat(kept), plain.output.contents())).toBe(0);
  });
});

test('a digesting sink has the bounds of the sink behind it', () => {
  const behind = new MemorySink();
  const sink = new DigestingSink(behind);
  const [timeout, deadline, whileWaiting] = [{ what: 'a', milliseconds: 1 }, undefined, () => undefined];
  Object.assign(sink, { timeout, deadline, whileWaiting });
  expect(behind).toMatchObject({ timeout, deadline, whileWaiting });
  expect([sink.timeout, sink.deadline, sink.whileWaiting, sink.interrupt]).toEqual([
    ...[timeout, deadline, whileWaiting, undefined],
  ]);
  sink.write(Uint8Array.of(1, 2));
  expect([sink.octets, behind.octets]).toEqual([2, 2]);
});

describe('a migration with digests', () => {
  const hello = encodeHello(helloOf(allExtensionFeatures));
  const success = Uint8Array.of(0);
  const configuration = '{"c_info":{"name":"busy"}}';
  let host: ModelHost;
  let domid: number;
  let target: ScriptedTarget | undefined;
  beforeEach(() => {
    host = new ModelHost();
    host.features = allExtensionFeatures;
    domid = host.add('busy');
  });
  afterEach(() => {
    target?.close();
    target = undefined;
  });

  function script(answers: Uint8Array[], after: 'hangs-up' | 'is-silent' = 'hangs-up'): ScriptedTarget {
    target = new ScriptedTarget(answers, after);
    return target;
  }

  function failed(to: ScriptedTarget, options: LiveMigrateOptions = {}): MigrationError {
    try {
      liveMigrate(host, domid, to.channel, { digest: true, ...options });
    } catch (error) {
      expect(error).toBeInstanceOf(MigrationError);
      // The domain was never touched.
      expect(error).toMatchObject({ outcome: 'untouched' });
      expect(host.calls).toEqual([]);
      expect(host.running).toEqual(['busy']);
      return error as MigrationError;
    }
    throw new Error('the migration succeeded');
  }

  test('announces them, waits for the hello, and counts them', () => {
    const to = script([BANNER, hello, READY, REPORT, success]);
    const report = liveMigrate(host, domid, to.channel, { digest: true });
    // A model sends none.
    expect(report.digests).toBe(0);
    expect(host.usable).toEqual(allExtensionFeatures);
    const flags = (XlOptionalFlag.EXTENSION | XlOptionalFlag.DIGEST) >>> 0;
    const header = new TextDecoder().decode(encodeXlHeader(xlHeader(configuration, flags)));
    expect(to.heard().startsWith(header)).toBe(true);
  });

  test('is as ever where none were asked for', () => {
    const to = script([BANNER, hello, READY, REPORT, success]);
    expect(liveMigrate(host, domid, to.channel)).not.toHaveProperty('digests');
  });

  test('does not begin where the target does not offer to check them', () => {
    const { cause } = failed(script([BANNER, encodeHello(helloOf(['zero-pages']))]));
    expect(cause).toBeInstanceOf(DigestNotOfferedError);
    expect(cause).toMatchObject({ why: 'not-in-hello' });
  });

  test('does not begin with a hello of another version', () => {
    const { cause } = failed(script([BANNER, encodeHello({ ...helloOf(allExtensionFeatures), version: 2 })]));
    expect(cause).toMatchObject({ why: 'not-in-hello' });
  });

  test('does not begin where no hello comes in time, as from stock', () => {
    const { cause, message } = failed(script([BANNER], 'is-silent'), { timeouts: { progress: 20 } });
    expect(cause).toMatchObject({ code: 'digest-not-offered', why: 'no-hello' });
    expect(message).toContain('no hello within 0.02 s');
    expect(target!.heard()).not.toContain(new TextDecoder().decode(PERMISSION_TO_GO));
  });

  test('does not begin where something else comes', () => {
    expect(failed(script([BANNER, READY])).cause).toMatchObject({ why: 'other-message' });
  });

  test.each([0, 1, 8, 20])('does not begin where the target hangs up after %i bytes of its hello', (length) => {
    const { cause } = failed(script([BANNER, hello.subarray(0, length)]));
    expect(cause).toBeInstanceOf(MissingMessageError);
  }); // prettier-ignore

  test('does not begin where the hello is malformed', () => {
    const long = hello.slice();
    long[13] = 0xff;
    expect(failed(script([BANNER, long])).cause).toMatchObject({ code: 'record-too-long' });
  });

  test('ends its wait for the hello with an interrupt', () => {
    const to = script([BANNER], 'is-silent');
    to.channel.input.whileWaiting = () => to.interrupt.raise('SIGINT');
    expect(failed(to).cause).toMatchObject({ code: 'interrupted' });
  });

  test('is refused by a host that cannot make them', () => {
    host.features = new Set(['zero-pages']);
    expect(failed(script([BANNER, hello])).cause).toMatchObject({ code: 'unavailable' });
    expect(target!.heard()).toBe('');
  });
});
