/** Tests of compression between two migs, as users run it: docs/extension.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { faultsOf } from '../../apps/xl/src/view/events-schema.test-support.js';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import { flaws } from '../harness/guest-console.js';
import { Program } from '../harness/program.js';
import { quoted } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/** A guest of which most pages can be compressed, and some can not. */
const full = { memory: 32, cmdline: 'pages=1000 rate=5000 pattern=random clear=5 memory=full' } as const;
/** Octets of the banner, and the place of the features in the hello behind it. */
const FEATURES_AT = 54 + 16;
/** Rounds there and back. */
const ROUNDS = 5;

interface Pass {
  readonly kind: string;
  readonly dirtyPages: number;
  readonly sentPages: number;
  readonly zeroPages?: number;
  readonly compressedPages?: number;
  readonly octetsSavedByCompression?: number;
  readonly compressionLevel?: number;
}

type Last = Pass & { readonly octetsSent: number; readonly passes: readonly Pass[] };

const lastOf = (migration: Program) => migration.events().at(-1) as unknown as Last;
const sum = (passes: readonly Pass[], of: (pass: Pass) => number | undefined) =>
  passes.reduce((total, pass) => total + (of(pass) ?? 0), 0);

interface Row {
  readonly type: string;
  readonly offset: number;
  readonly fields: { readonly count: number; readonly frame: { readonly octets: number } };
}

async function recordsOf(hosts: TwoHosts, stream: string): Promise<Row[]> {
  const rows = (await hosts.source.done('stream', 'inspect', '--json', stream)).trim().split('\n');
  return rows.map((row) => JSON.parse(row) as Row).filter(({ type }) => type === 'ZSTD_PAGES');
}

/** Makes a folder for LD_LIBRARY_PATH in which the library cannot be loaded. */
function withoutLibrary(hosts: TwoHosts): string {
  const folder = hosts.path('libraries');
  mkdirSync(folder);
  writeFileSync(join(folder, 'libzstd.so.1'), 'not a library');
  return folder;
}

describe.concurrent('between two migs', () => {
  test('pages go compressed, which the events and the last line tell, and the stream is read like any other', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const capture = hosts.path('stream');
    const migration = hosts.migrate({ options: ['--compress', '3'], relay: { forward: { capture } } });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);

    expect(migration.events().flatMap(faultsOf)).toEqual([]);
    const last = lastOf(migration);
    expect(last.compressedPages).toBe(sum(last.passes, (pass) => pass.compressedPages));
    expect(last.octetsSavedByCompression).toBe(sum(last.passes, (pass) => pass.octetsSavedByCompression));
    expect(last.compressedPages).toBeGreaterThan(3000);
    expect(last.octetsSavedByCompression).toBeGreaterThan(4 << 20);
    expect(last.compressionLevel).toBe(3);
    for (const pass of last.passes) expect(pass.sentPages + (pass.zeroPages ?? 0)).toBe(pass.dirtyPages);

    const stream = readFileSync(capture);
    expect(stream.length).toBe(last.octetsSent);
    const records = await recordsOf(hosts, capture);
    expect(records.reduce((total, { fields }) => total + fields.count, 0)).toBe(last.compressedPages);
    expect(await hosts.source.done('stream', 'verify', capture)).toContain('mig-extension');
    await hosts.source.done('stream', 'copy', capture, hosts.path('copy'));
    expect(Buffer.compare(readFileSync(hosts.path('copy')), stream)).toBe(0);
    // But nobody has offered anything to it.
    expect(await hosts.source.xl('restore', capture)).toMatchObject({
      status: 1,
      stderr: containing('a mandatory record of unknown type'),
    });

    // A target that gets a damaged frame names its place, and is not ready.
    const { offset, fields } = records[Math.floor(records.length / 2)]!;
    stream[offset + 8 + 8 + fields.count * 8 + fields.frame.octets - 1]! ^= 1;
    writeFileSync(capture, stream);
    const receiver = new Program('sh', ['-c', `${hosts.source.receiver()} < ${quoted(capture)}`], { environment: {} });
    const { status, stdout, stderr } = await receiver.ended;
    expect(status).not.toBe(0);
    expect(stdout).not.toContain('ready to unpause');
    expect(stderr).toMatch(new RegExp(`\\(ZSTD_PAGES\\) at byte ${offset}: the frame is damaged`));
    await expectEmpty(hosts.source);
  });

  test('what is said to people names them, too', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const migration = hosts.migrate({ words: true, options: ['--compress', '1'] });
    const { status, stderr } = await migration.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(/pass 0 \(precopy\): .*, compressed at level 1\n/);
    expect(stderr).toMatch(/\d+ pages compressed at level 1, [\d.]+ MiB saved/);
    await expectMoved(hosts, before);
  });

  test(`a guest finds each page as it should be, in ${2 * ROUNDS} migrations`, async ({ hosts }) => {
    const { source, target } = hosts;
    const lives = [await source.create({ ...full, memory: 8 })];
    let ends = [source, target] as const;
    for (let i = 0; i < 2 * ROUNDS; i++) {
      const [from, to] = ends;
      const level = String(1 + ((i * 7) % 19));
      const migration = from.start('migrate', '--json', '--compress', level, '-d', '0', '-s', '', 'busy', to.receiver());
      expect(await migration.ended, `migration ${i}`).toMatchObject({ status: 0 });
      const after = to.console('busy');
      await after.moreTicks(1);
      lives.push(after);
      expect(flaws(...lives)).toEqual([]);
      ends = [to, from];
    }
    // Each page is verified at least once more.
    await lives.at(-1)!.untilSaid(/^sweep /m);
    expect(flaws(...lives)).toEqual([]);
  });

  test('a verifying pass finds no page that differs', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const migration = hosts.migrate({ options: ['--debug', '--compress', '3'] });
    expect(await migration.ended).toMatchObject({ status: 0 });
    const { passes } = lastOf(migration);
    expect(passes.at(-1)).toMatchObject({ kind: 'verify', sentPages: 8192 });
    expect(passes.at(-1)).not.toHaveProperty('compressedPages');
    expect(sum(passes, (pass) => pass.compressedPages)).toBeGreaterThan(0);
    await expectMoved(hosts, before);
  });
}); // prettier-ignore

describe.concurrent('by itself, --compress auto', () => {
  test('compresses on a slow line', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const slow = { at: 1 << 20, act: 'slow', octetsPerSecond: 10e6 } as const;
    const migration = hosts.migrate({ options: ['--compress', 'auto'], relay: { forward: { faults: [slow] } } });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(lastOf(migration).compressedPages).toBeGreaterThan(1000);
    await expectMoved(hosts, before);
  });

  test('compresses under a bandwidth limit', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const options = ['--compress', 'auto', '--bandwidth', '100Mbit/s', '-i', '1'];
    const migration = hosts.migrate({ options });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(lastOf(migration).compressedPages).toBeGreaterThan(1000);
    await expectMoved(hosts, before);
  });
}); // prettier-ignore

describe.concurrent('with one end that cannot', () => {
  test('a target without the library gets its pages as they are, and the source says so', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const command = `LD_LIBRARY_PATH=${quoted(withoutLibrary(hosts))} ${hosts.target.receiver()}`;
    const migration = hosts.migrate({ options: ['--compress', '3'], command });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(lastOf(migration)).not.toHaveProperty('compressedPages');
    expect(migration.events()).toContainEqual(
      expect.objectContaining({ event: 'note', text: containing('nothing was compressed') }),
    );
    await expectMoved(hosts, before);
  });

  test('a target that does not offer it gets its pages as they are, silently with auto', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const relay = { backward: { faults: [{ at: FEATURES_AT, act: 'corrupt' } as const] } };
    const options = ['--compress', 'auto', '--bandwidth', '500Mbit/s'];
    const migration = hosts.migrate({ options, relay });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(lastOf(migration)).not.toHaveProperty('compressedPages');
    expect(migration.events()).not.toContainEqual(
      expect.objectContaining({ text: containing('nothing was compressed') }),
    );
    await expectMoved(hosts, before);
  });

  test('a source without the library refuses a level by its name, and goes on with auto', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const environment = { LD_LIBRARY_PATH: withoutLibrary(hosts) };
    const refused = hosts.source.startWith(environment, ...hosts.migration({ options: ['--compress', '3'] }));
    expect(await refused.ended).toMatchObject({ status: 1, stderr: matching(/--compress 3 .*libzstd\.so\.1.*libzstd1/) });
    await expectRunsOn(hosts.source, before);
    const options = ['--compress', 'auto', '--bandwidth', '500Mbit/s'];
    const migration = hosts.source.startWith(environment, ...hosts.migration({ options }));
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(lastOf(migration)).not.toHaveProperty('compressedPages');
    await expectMoved(hosts, before);
  });

  test.for(['0', '20', '3.5', '-1', 'fast', ''])('level %j is refused by the option', async (level, { hosts }) => {
    expect(await hosts.source.xl('migrate', `--compress=${level}`, 'busy', 'nowhere')).toMatchObject({
      status: 2,
      stderr: containing(`--compress must be auto, off, or a level from 1 to 19, not '${level}'`),
    });
  });
}); // prettier-ignore

describe.concurrent('however it ends', () => {
  test('damaged frames end the migration before permission, and the domain runs on', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    // Pages that go as they are have more octets than all the frames: one in each 4 KiB does not miss them.
    const faults = Array.from({ length: 4000 }, (_, i) => ({ at: (1 << 20) + i * 4093, act: 'corrupt' }) as const);
    const migration = hosts.migrate({ options: ['--compress', '3'], relay: { forward: { faults } } });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'failed', outcome: matching(/keeps-running|resumed/) });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  test('a migration that is stopped while it compresses ends, and its threads with it', async ({ hosts }) => {
    const before = await hosts.source.create(full);
    const stall = { at: 2 << 20, act: 'stall' } as const;
    const migration = hosts.migrate({ options: ['--compress', '19'], relay: { forward: { faults: [stall] } } });
    await migration.untilEvent('it sends', ({ event }) => event === 'progress' || event === 'pass-started');
    migration.kill('SIGINT');
    expect(await migration.ended).toMatchObject({ status: 1 });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });
}); // prettier-ignore
