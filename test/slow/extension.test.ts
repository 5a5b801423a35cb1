/** Tests of the extension between two migs, as users run them: docs/extension.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { HELLO_MAGIC, PERMISSION_TO_GO } from '@mig/protocol/handshake';
import { faultsOf } from '../../apps/xl/src/view/events-schema.test-support.js';
import { containing, expectEmpty, expectMoved, expectRunsOn } from '../harness/expectations.js';
import { flaws } from '../harness/guest-console.js';
import { Program } from '../harness/program.js';
import { BEFORE_READY, heldBack, quoted, type RelayPlan } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/** The octet of the xl header with bit 31 of its optional flags. */
const FLAG_AT = 43;
const FLAG = 0x80;
const BANNER = 54;
const HELLO = BEFORE_READY - BANNER;
/** Rounds there and back. */
const ROUNDS = 8;

/** A guest of which most pages have zeros alone. */
const sparse = { memory: 16, cmdline: 'pages=500 rate=5000 pattern=random memory=sparse' } as const;
/** A guest that clears every third page that it rewrites. */
const clearing = { memory: 8, cmdline: 'pages=500 rate=20000 pattern=random clear=3' } as const;

interface Pass {
  readonly kind: string;
  readonly dirtyPages: number;
  readonly sentPages: number;
  readonly zeroPages?: number;
  readonly octetsSaved?: number;
}

/** Carries the first pages on only once the hello has come back: a small migration could be over before. */
function afterHello(hosts: TwoHosts): Required<Pick<RelayPlan, 'forward' | 'backward'>> {
  const answers = hosts.path('answers');
  const come = `[ "$(wc -c < ${quoted(answers)})" -ge ${BEFORE_READY} ]`;
  const command = `until ${come}; do sleep 0.05; done`;
  return { forward: { faults: [{ at: 100_000, act: 'run', command }] }, backward: { capture: answers } };
}

const zeroPages = (passes: readonly Pass[]) => passes.reduce((sum, pass) => sum + (pass.zeroPages ?? 0), 0);

describe.concurrent('between two migs', () => {
  test('pages of zeros go by their numbers, which the events and the last line tell', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const capture = hosts.path('stream');
    const { forward, backward } = afterHello(hosts);
    const migration = hosts.migrate({ relay: { forward: { ...forward, capture }, backward } });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);

    const events = migration.events();
    expect(events.flatMap(faultsOf)).toEqual([]);
    const last = events.at(-1) as unknown as Pass & { readonly octetsSent: number; readonly passes: Pass[] };
    expect(last.zeroPages).toBe(zeroPages(last.passes));
    expect(last.zeroPages).toBeGreaterThan(2000);
    expect(last.octetsSaved).toBeGreaterThan(last.zeroPages! * 4096);
    for (const pass of last.passes) expect(pass.sentPages + (pass.zeroPages ?? 0)).toBe(pass.dirtyPages);
    expect(last.octetsSent).toBeLessThan(12 << 20);

    const stream = readFileSync(capture);
    expect(stream[FLAG_AT]).toBe(FLAG);
    expect(stream.length).toBe(last.octetsSent);
    const said = readFileSync(hosts.path('answers'));
    expect(said.subarray(BANNER, BANNER + HELLO_MAGIC.length)).toEqual(Buffer.from(HELLO_MAGIC));

    // Such a stream is read like any other.
    const rows = (await hosts.source.done('stream', 'inspect', '--json', capture)).trim().split('\n');
    const zeros = rows.map((row) => JSON.parse(row) as { type: string; fields: { pages: number } }).filter(({ type }) => type === 'ZERO_PAGES'); // prettier-ignore
    expect(zeros.reduce((sum, { fields }) => sum + fields.pages, 0)).toBe(last.zeroPages);
    expect(await hosts.source.done('stream', 'verify', capture)).toContain('mig-extension');
    await hosts.source.done('stream', 'copy', capture, hosts.path('copy'));
    expect(Buffer.compare(readFileSync(hosts.path('copy')), stream)).toBe(0);
    // But nobody has offered anything to it.
    expect(await hosts.source.xl('restore', capture)).toMatchObject({
      status: 1,
      stderr: containing('a mandatory record of unknown type'),
    });
    await expectEmpty(hosts.source);
  });

  test('what is said to people names the pages of zeros, too', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const migration = hosts.migrate({ words: true, relay: afterHello(hosts) });
    const { status, stderr } = await migration.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/pass 0 \(precopy\): \d+ of 4096 pages and \d+ of zeros, /);
    expect(stderr).toMatch(/\d+ pages of zeros sent by their numbers, [\d.]+ MiB saved/);
    await expectMoved(hosts, before);
  });

  test(`a guest that clears pages which it has written finds each as it should be, in ${2 * ROUNDS} migrations`, async ({ hosts }) => {
    const { source, target } = hosts;
    const first = await source.create(clearing);
    const lives = [first];
    let ends = [source, target] as const;
    let later = 0;
    for (let i = 0; i < 2 * ROUNDS; i++) {
      const [from, to] = ends;
      const migration = from.start('migrate', '--json', '-d', '0', '-s', '', 'busy', to.receiver());
      expect(await migration.ended, `migration ${i}`).toMatchObject({ status: 0 });
      const { passes } = migration.events().at(-1) as unknown as { passes: Pass[] };
      later += zeroPages(passes.slice(1));
      const after = to.console('busy');
      await after.moreTicks(1);
      lives.push(after);
      expect(flaws(...lives)).toEqual([]);
      ends = [to, from];
    }
    // Pages that had been sent with content.
    expect(later).toBeGreaterThan(ROUNDS);
    // Each page is verified at least once more.
    await lives.at(-1)!.untilSaid(/^sweep /m);
    expect(flaws(...lives)).toEqual([]);
  }); // prettier-ignore

  test('a verifying pass finds no page that differs', async ({ hosts }) => {
    const before = await hosts.source.create({ ...clearing, cmdline: `${clearing.cmdline} memory=sparse` });
    const migration = hosts.migrate({
      options: ['--debug', '-i', '3', '-d', '0'],
      relay: afterHello(hosts),
    });
    expect(await migration.ended).toMatchObject({ status: 0 });
    const { passes } = migration.events().at(-1) as unknown as { passes: Pass[] };
    expect(passes.at(-1)).toMatchObject({ kind: 'verify', sentPages: 2048 });
    expect(zeroPages(passes)).toBeGreaterThan(0);
    await expectMoved(hosts, before);
  });
});

describe.concurrent('with one end that knows nothing of it', () => {
  test('a target without the extension gets every page', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    // The flag becomes others, which mean nothing to anybody.
    const relay = { forward: { faults: [{ at: FLAG_AT, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ relay });
    expect(await migration.ended).toMatchObject({ status: 0 });
    const last = migration.events().at(-1) as unknown as { readonly passes: Pass[] };
    expect(last).not.toHaveProperty('zeroPages');
    for (const { dirtyPages, sentPages } of last.passes) expect(sentPages).toBe(dirtyPages);
    await expectMoved(hosts, before);
  });

  test('a hello that is late is taken up late, and the source does not wait for it', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const arrived = hosts.path('whole');
    // Held back until the whole stream is there.
    const relay = { backward: heldBack(BANNER, arrived), forward: { capture: hosts.path('stream') } };
    const migration = hosts.migrate({ relay, options: ['-i', '1'] });
    await migration.untilEvent('it waits for ready', ({ state }) => state === 'awaiting-ready');
    writeFileSync(arrived, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().at(-1)).not.toHaveProperty('zeroPages');
    await expectMoved(hosts, before);
  });

  test('a saved file never has the flag, and is what a source without the extension sends', async ({
    hosts,
  }) => {
    const { source, target } = hosts;
    await source.create(sparse);
    const image = hosts.path('image');
    await source.done('save', 'busy', image);
    const saved = readFileSync(image);
    expect([...saved.subarray(40, 44)]).toEqual([0, 0, 0, 0]);
    expect(saved.length).toBeGreaterThan(16 << 20);
    writeFileSync(image, Buffer.concat([saved, PERMISSION_TO_GO]));
    const receiver = new Program('sh', ['-c', `${target.receiver()} < ${quoted(image)}`], {
      environment: {},
    });
    const { status, stdout } = await receiver.ended;
    expect(status).toBe(0);
    expect(stdout).not.toContain('mighello');
    await target.console('busy').moreTicks(2);
    await expectEmpty(source);
  });
});

describe.concurrent('a hello that is damaged', () => {
  test('in its length ends the migration before permission, and the domain runs on', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const relay = { backward: { faults: [{ at: BANNER + 13, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ relay });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      message: containing('a hello of'),
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  test('in its magic is no ready message', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const relay = { backward: { faults: [{ at: BANNER, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ relay });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'failed', outcome: 'resumed' });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  test('in its features offers what the target has, or nothing', async ({ hosts }) => {
    const before = await hosts.source.create(sparse);
    const relay = { backward: { faults: [{ at: BANNER + HELLO - 8, act: 'corrupt' } as const] } };
    const migration = hosts.migrate({ relay });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().at(-1)).not.toHaveProperty('zeroPages');
    await expectMoved(hosts, before);
  });
});
