/** Tests of `xl migrate --digest`, as users run it: docs/extension.md. */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { PushDecoder, StreamDecoder } from '@mig/protocol';
import { BANNER, encodeHello, HELLO_BODY, helloOf, PERMISSION_TO_GO } from '@mig/protocol/handshake';
import { faultsOf } from '../../apps/xl/src/view/events-schema.test-support.js';
import { containing, expectEmpty, expectMoved, expectRunsOn } from '../harness/expectations.js';
import { flaws } from '../harness/guest-console.js';
import type { Fault } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/** The octet of the xl header with bits 31 and 30 of its optional flags. */
const FLAG_AT = 43;
/** The first octet of a hello's features. */
const FEATURES_AT = BANNER.length + encodeHello(helloOf([])).length - HELLO_BODY.least;
/** Migrations of a busy guest. */
const ROUNDS = Number(process.env['MIG_DIGEST_ROUNDS'] ?? 10);

const busy = { memory: 8, cmdline: 'pages=500 rate=20000 pattern=random clear=3' } as const;

/** Sends the domain with this damage on the way, which must be noticed. @returns what was sent and said */
async function damaged(hosts: TwoHosts, fault: Fault, options: readonly string[] = []) {
  const before = await hosts.source.create(busy);
  const capture = hosts.path('stream');
  const migration = hosts.migrate({
    options: ['--digest', '-i', '2', '-d', '0', ...options],
    relay: { forward: { faults: [fault], capture } },
  });
  const { status, stderr } = await migration.ended;
  expect(status).toBe(1);
  await expectEmpty(hosts.target);
  await expectRunsOn(hosts.source, before);
  const sent = readFileSync(capture);
  expect(sent.includes(Buffer.from(PERMISSION_TO_GO))).toBe(false);
  return { last: migration.events().at(-1)!, stderr };
}

describe.concurrent('--digest', () => {
  test('moves the domain, tells how many digests were checked, and sends them where they belong', async ({
    hosts,
  }) => {
    const before = await hosts.source.create(busy);
    const capture = hosts.path('stream');
    const migration = hosts.migrate({
      options: ['--digest', '--debug', '-i', '3', '-d', '0'],
      relay: { forward: { capture } },
    });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    const events = migration.events();
    expect(events.flatMap(faultsOf)).toEqual([]);
    const last = events.at(-1) as unknown as { digests: number; options: object; octetsSent: number };
    expect(last.options).toMatchObject({ digest: true, debug: true });

    const stream = readFileSync(capture);
    expect(stream[FLAG_AT]).toBe(0xc0);
    const decoder = new PushDecoder(new StreamDecoder());
    const records = [...decoder.push(stream)].flatMap((event) =>
      event.kind === 'pages' ? ['PAGE_DATA'] : event.kind === 'record' ? [event.record.type] : [],
    );
    decoder.end();
    expect(records.filter((name) => name === 'DIGEST')).toHaveLength(last.digests);
    expect(records.slice(-5)).toEqual(['DIGEST', 'END', 'EMULATOR_CONTEXT', 'DIGEST', 'END']);
    // Such a stream is read like any other.
    const rows = (await hosts.source.done('stream', 'inspect', '--json', capture)).trim().split('\n');
    const types = rows.map((row) => (JSON.parse(row) as { type: string }).type);
    expect(types.filter((type) => type === 'DIGEST')).toHaveLength(last.digests);
    await hosts.source.done('stream', 'copy', capture, hosts.path('copy'));
    expect(Buffer.compare(readFileSync(hosts.path('copy')), stream)).toBe(0);
  });

  test(`gives no false alarm for a busy guest, in ${ROUNDS} migrations`, async ({ hosts }) => {
    const { source, target } = hosts;
    const lives = [await source.create(busy)];
    let ends = [source, target] as const;
    for (let i = 0; i < ROUNDS; i++) {
      const [from, to] = ends;
      const migration = from.start('migrate', '--json', '--digest', '-d', '0', '-s', '', 'busy', to.receiver());
      expect(await migration.ended, `migration ${i}`).toMatchObject({ status: 0 });
      expect(migration.events().at(-1)).toMatchObject({ event: 'complete', options: { digest: true } });
      lives.push(to.console('busy'));
      await lives.at(-1)!.moreTicks(1);
      expect(flaws(...lives)).toEqual([]);
      ends = [to, from];
    }
    await lives.at(-1)!.untilSaid(/^sweep /m);
    expect(flaws(...lives)).toEqual([]);
  }, Math.max(300_000, ROUNDS * 60_000)); // prettier-ignore

  test('is refused for a file, which nobody checks', async ({ hosts }) => {
    await hosts.source.create(busy);
    expect(await hosts.source.xl('save', '--digest', 'busy', hosts.path('image'))).toMatchObject({
      status: 2,
      stderr: containing('save --digest is not supported'),
    });
    expect(await hosts.source.domains()).toMatchObject([{ name: 'busy', state: 'running' }]);
  });
});

describe.concurrent('a byte changed on the way', () => {
  const megabyte = 1 << 20;
  test.for([
    ['the configuration', 200],
    ['a page', 300_000],
    ['another page', 2 * megabyte],
  ] as const)('in %s is noticed, and the domain runs on', async ([, at], { hosts }) => {
    const { last } = await damaged(hosts, { at, act: 'corrupt' });
    expect(last).toMatchObject({ event: 'failed', options: { digest: true } });
  });

  test('is named by the target', async ({ hosts }) => {
    const { stderr } = await damaged(hosts, { at: 300_000, act: 'corrupt' });
    expect(stderr).toMatch(/the stream was changed on its way: the checksum of bytes \d+ to \d+ differs/);
  });

  test('goes unnoticed without --digest', async ({ hosts }) => {
    await hosts.source.create({ memory: 8, cmdline: 'pages=50 rate=100 memory=full' });
    const relay = { forward: { faults: [{ at: 6 * megabyte, act: 'corrupt' } as const] } };
    expect(await hosts.migrate({ relay }).ended).toMatchObject({ status: 0 });
  });
});

describe.concurrent('a target that checks no digests', () => {
  test('such as stock, which says no hello, gets no domain', async ({ hosts }) => {
    const before = await hosts.source.create(busy);
    // The flags become others, which mean nothing to anybody.
    const relay = { forward: { faults: [{ at: FLAG_AT, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ options: ['--digest', '--progress-timeout', '2'], relay });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'untouched',
      message: containing('the target checks no digests: it said no hello within 2 s'),
      advice: expect.arrayContaining([containing('Without --digest')]) as unknown,
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  test('such as an older mig, which offers none, gets no domain', async ({ hosts }) => {
    const before = await hosts.source.create(busy);
    const relay = { backward: { faults: [{ at: FEATURES_AT, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ options: ['--digest'], relay });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'untouched',
      message: containing('its mig does not know them'),
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });
});
