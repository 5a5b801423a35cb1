/** Tests of an operator's requests during a migration. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { eventually } from '../harness/eventually.js';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import type { Event, Program } from '../harness/program.js';
import { BEFORE_READY, heldBack, quoted } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

const READY = 34;

/** Starts a migration, and waits for its first pass over memory, which takes minutes. */
async function inFirstPass(hosts: TwoHosts, ...options: readonly string[]): Promise<Program> {
  const migration = hosts.migrate({ options: ['--bandwidth', '100kB/s', ...options] });
  await migration.untilEvent('some progress', ({ event }) => event === 'progress');
  return migration;
}

/** Starts a migration of endless passes, however little the guest dirties. */
async function inLaterPasses(hosts: TwoHosts): Promise<Program> {
  const policy = hosts.path('endless.mjs');
  writeFileSync(policy, "export default () => ({ decision: 'continue-precopy' });");
  const options = ['--bandwidth', '10MB/s', '--policy', policy];
  const migration = hosts.migrate({ options });
  await migration.untilEvent(
    'the second pass',
    ({ event, iteration }) => event === 'pass' && iteration === 1,
  );
  return migration;
}

function jsonLines(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

describe.concurrent('while precopy runs', () => {
  test('its status says how far it is, and another bandwidth takes effect', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const migration = await inFirstPass(hosts);
    const [status] = jsonLines(await source.done('migrate-status', '--json', 'busy'));
    expect(status).toMatchObject({
      schema: 1,
      event: 'status',
      domain: 'busy',
      target: 'the target',
      pid: migration.pid,
      phase: 'precopy',
      iteration: 0,
      pass: { kind: 'precopy', iteration: 0, dirtyPages: 4096 },
      course: { precopyIterations: 5, precopyThreshold: 50, bandwidth: 100_000 },
    });
    expect(await source.done('migrate-status')).toMatch(/^Name .*\nbusy +1 +the target +precopy +0 /);
    expect(await source.done('migrate-status', String(status!['domid']))).toMatch(
      /^busy \(domid 1\) to the target, by process \d+\n {2}phase +precopy\n[^]*\n {2}bandwidth +800 kbit\/s\n$/,
    );
    expect(await source.done('migrate-set', '--bandwidth', 'none', '-d', '60', 'busy')).toBe(
      'goals      at most 60 pages dirty\nlimits     5 live passes\nbandwidth  no limit\n',
    );
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().filter(({ event }) => event === 'course')).toEqual([
      { event: 'course', course: { precopyIterations: 5, precopyThreshold: 60 } },
    ]);
    await expectMoved(hosts, before);
    expect(readdirSync(join(source.folder, 'migrations'))).toEqual([]);
  });

  test('what cannot be is refused by name, and changes nothing', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    const migration = await inFirstPass(hosts);
    const before = await source.done('migrate-status', '--json');
    for (const [args, words] of [
      [['--timeout-action', 'abort'], '--timeout-action without --timeout'],
      [['--abort-if-busy', '-i', '0'], '--abort-if-busy with --precopy-iterations 0'],
      [['--bandwidth', 'none', '--bandwidth-always'], '--bandwidth-always without --bandwidth'],
    ] as const) {
      const refused = { status: 2, stdout: '', stderr: containing(words) };
      expect(await source.xl('migrate-set', ...args, 'busy')).toMatchObject(refused);
    }
    const course = (text: string) => jsonLines(text)[0]?.['course'];
    expect(course(await source.done('migrate-status', '--json'))).toEqual(course(before));
    const [end] = jsonLines(await source.done('migrate-abort', '--json', 'busy'));
    expect(end).toMatchObject({ schema: 1, event: 'end', outcome: 'keeps-running', exitStatus: 7 });
    await migration.ended;
  });

  test('a switchover leaves the rest to the suspended domain, in the first pass only if it is to', async ({
    hosts,
  }) => {
    const { source } = hosts;
    const before = await source.create();
    const migration = await inFirstPass(hosts);
    expect(await source.xl('migrate-switchover', 'busy')).toMatchObject({
      status: 1,
      stderr: matching(
        /first pass is not finished, and \d+ pages are still unsent: .* up to [\d.]+ s; use --now/,
      ),
    });
    expect(await source.done('migrate-switchover', '--now', 'busy')).toMatch(
      /^busy is going to be suspended, for 100 ms to [\d. min]+ s \(the line without the bandwidth is not measured\)/,
    );
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'complete', reason: 'operator', iterations: 1 });
    await expectMoved(hosts, before);
  });

  test('a switchover ends passes without end', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const migration = await inLaterPasses(hosts);
    const [said] = jsonLines(await source.done('migrate-switchover', '--json', 'busy'));
    expect(said).toMatchObject({ schema: 1, event: 'status', domain: 'busy', phase: 'precopy' });
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'complete', reason: 'operator' });
    await expectMoved(hosts, before);
  });

  test('an abort leaves it running here, and who watches ends as the migration', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = await inLaterPasses(hosts);
    const watch = source.start('migrate-status', '--watch', '--json');
    await watch.untilEvent('a status', ({ event }) => event === 'status');
    expect(await source.xl('migrate-abort', 'busy')).toMatchObject({
      status: 0,
      stdout: 'busy was not migrated.\nbusy keeps running here; the target discards its incomplete copy.\n',
    });
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      message: 'stopped by mig migrate-abort',
      stoppedBy: 'operator',
    });
    expect(await watch.ended).toMatchObject({ status: 7, stderr: '' });
    expect(watch.events().at(-1)).toMatchObject({
      schema: 1,
      event: 'end',
      domain: 'busy',
      outcome: 'keeps-running',
      exitStatus: 7,
    });
    await expectEmpty(target);
    await expectRunsOn(source, console);
    expect(await source.xl('migrate-abort', 'busy')).toMatchObject({
      status: 1,
      stderr: 'xl: busy is not being migrated\n',
    });
  });

  test('operators that die are no trouble', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const migration = await inFirstPass(hosts);
    for (const args of [['--watch'], ['--watch', '--json', 'busy']]) {
      const watch = source.start('migrate-status', ...args);
      await eventually('a status', () => watch.stdout.includes('\n') || undefined);
      watch.kill('SIGKILL');
      await watch.exited;
    }
    await source.done('migrate-set', '--bandwidth', 'none', 'busy');
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('a second migration is refused before anything is touched', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const migration = await inFirstPass(hosts);
    const touched = hosts.path('touched');
    const second = hosts.migrate({ words: true, command: `touch ${quoted(touched)}` });
    expect(await second.ended).toMatchObject({
      status: 1,
      stderr: `xl: busy is being migrated already to the target, by process ${migration.pid}: 'mig migrate-status busy' shows its progress\n`,
    });
    expect(existsSync(touched)).toBe(false);
    await source.done('migrate-abort', 'busy');
    expect(await migration.ended).toMatchObject({ status: 7 });
    await expectRunsOn(source, console);
  });

  test('nobody but its owner reaches it', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    const migration = await inFirstPass(hosts);
    const folder = join(source.folder, 'migrations');
    const modes = ['', '1.lock', '1.sock'].map((name) =>
      (statSync(join(folder, name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['700', '600', '600']);
    await source.done('migrate-abort', '1');
    await migration.ended;
  });

  test('one whose process was killed is forgotten', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = await inFirstPass(hosts);
    migration.kill('SIGKILL');
    await migration.exited;
    expect(await source.done('migrate-status')).toBe('no domain is being migrated\n');
    expect(readdirSync(join(source.folder, 'migrations'))).toEqual([]);
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });
});

describe.concurrent('once precopy is over', () => {
  test('it can be aborted until the target has permission', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ relay: { backward: heldBack(BEFORE_READY, gate) } });
    await migration.untilEvent('the wait for ready', ({ state }) => state === 'awaiting-ready');
    const over = { status: 1, stderr: containing('precopy of busy is over: ') };
    expect(await source.xl('migrate-switchover', '--now', 'busy')).toMatchObject(over);
    expect(await source.xl('migrate-set', '--bandwidth', 'none', 'busy')).toMatchObject(over);
    expect(await source.done('migrate-abort', 'busy')).toMatch(
      /^busy was not migrated\.\nbusy was suspended and has been resumed here/,
    );
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 7 });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('and not from then on, which is said, under whatever name it has', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ relay: { backward: heldBack(BEFORE_READY + READY, gate) } });
    await migration.untilEvent('the wait for the report', ({ state }) => state === 'awaiting-report');
    for (const name of ['busy', '1', 'busy--migratedaway']) {
      expect(await source.xl('migrate-abort', name)).toMatchObject({
        status: 1,
        stdout: '',
        stderr:
          'xl: the target has permission to run busy, and its report is awaited: it may be running there\n',
      });
    }
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });
});

test('where there is none, that is said', async ({ hosts }) => {
  const { source } = hosts;
  expect(await source.done('migrate-status')).toBe('no domain is being migrated\n');
  expect(await source.done('migrate-status', '--json')).toBe('');
  const none = { status: 1, stderr: 'xl: no domain is being migrated\n' };
  expect(await source.xl('migrate-status', '--watch')).toMatchObject(none);
  expect(await source.xl('migrate-status', 'busy')).toMatchObject({
    status: 1,
    stderr: 'busy is an invalid domain identifier (rc=-6)\n',
  });
});

test('a migration that cannot be reached is made all the same, which is said', async ({ hosts }) => {
  const { source } = hosts;
  const before = await source.create();
  writeFileSync(join(source.folder, 'migrations'), '');
  const migration = hosts.migrate();
  expect(await migration.ended).toMatchObject({ status: 0 });
  expect(migration.events()).toContainEqual({
    event: 'note',
    text: containing('mig migrate-status and the like will not reach this migration: '),
  });
  await expectMoved(hosts, before);
});
