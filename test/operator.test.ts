/** Tests of an operator's actions on a domain that is being migrated, or whose host is unknown. */
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from './harness/expectations.js';
import { eventually } from './harness/eventually.js';
import { flaws } from './harness/guest-console.js';
import type { Program } from './harness/program.js';
import { BEFORE_READY, heldBack } from './harness/relay.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

const READY = 34;

/**
 * Starts a migration, and stops it when the domain is suspended and the target about to say that it is
 * ready.
 */
async function untilSuspended(hosts: TwoHosts): Promise<{ migration: Program; goOn: () => void }> {
  const gate = hosts.path('gate');
  const migration = hosts.migrate({ relay: { backward: heldBack(BEFORE_READY, gate) } });
  await migration.untilEvent('the wait for ready', ({ state }) => state === 'awaiting-ready');
  return { migration, goOn: () => writeFileSync(gate, '') };
}

describe.concurrent('a domain that is suspended to be migrated', () => {
  test('is not resumed by somebody else, and arrives', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const { migration, goOn } = await untilSuspended(hosts);
    for (const option of [[], ['--force']]) {
      expect(await source.xl('resume', ...option, 'busy')).toMatchObject({
        status: 1,
        stderr: matching(
          /busy is being migrated by process \d+: 'mig migrate-status busy' shows its progress/,
        ),
      });
    }
    goOn();
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('and is destroyed by somebody is nowhere, which is said', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    const { migration, goOn } = await untilSuspended(hosts);
    await source.done('destroy', 'busy');
    goOn();
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      advice: [containing('busy is no longer here')],
    });
    await expectEmpty(target);
    await expectEmpty(source);
  });

  test('is not to be renamed', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const { migration, goOn } = await untilSuspended(hosts);
    expect(await source.xl('rename', 'busy', 'lazy')).toMatchObject({
      status: 1,
      stderr: containing('busy is being migrated by process'),
    });
    goOn();
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('is not to be saved, nor revived by the attempt', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const { migration, goOn } = await untilSuspended(hosts);
    const image = hosts.path('busy.image');
    for (const option of [[], ['-c'], ['-p']]) {
      expect(await source.xl('save', ...option, 'busy', image)).toMatchObject({
        status: 1,
        stderr: matching(/is being migrated by process[^]*The domain is as it was/),
      });
    }
    expect(existsSync(image)).toBe(false);
    goOn();
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('and whose name is taken meanwhile is brought back under another, which is said', async ({
    hosts,
  }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const [firstGate, gate] = [hosts.path('first gate'), hosts.path('gate')];
    const faults = [heldBack(BEFORE_READY, firstGate), heldBack(BEFORE_READY + READY, gate)].flatMap(
      (held) => held.faults ?? [],
    );
    const migration = hosts.migrate({ relay: { backward: { faults } } });
    await migration.untilEvent('the wait for ready', ({ state }) => state === 'awaiting-ready');
    // Only now, when the copy is there: earlier the target would refuse it.
    await eventually('the copy', async () => (await target.domains()).length > 0 || undefined);
    const theirs = await target.create({ kernel: 'idle', cmdline: '' });
    writeFileSync(firstGate, '');
    await migration.untilEvent('the wait for the report', ({ state }) => state === 'awaiting-report');
    const other = await source.create({ kernel: 'idle', cmdline: '' });
    writeFileSync(gate, '');
    const { status } = await migration.ended;
    expect(status).toBe(1);
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'resume-failed',
      message: containing('there is a domain called busy already'),
      advice: [containing('busy runs here, but its own name was taken')],
    });
    await target.quiet();
    await expectRunsOn(target, theirs);
    expect(await source.domains()).toMatchObject([
      { name: 'busy--migratedaway', state: 'running' },
      { name: 'busy', state: 'running' },
    ]);
    await console.moreTicks(3);
    expect(flaws(console)).toEqual([]);
    expect(flaws(other)).toEqual([]);
  });
});

describe.concurrent('once the target has permission', () => {
  test('Ctrl-C is answered with what is waited for, and leaves when it comes again', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    const gate = hosts.path('gate');
    const relay = { backward: heldBack(BEFORE_READY + READY, gate) };
    const migration = hosts.migrate({ words: true, relay });
    await saying(migration, 'Giving target permission');
    await saying(migration, 'Domain started successfully');
    migration.kill('SIGINT');
    await saying(migration, 'waiting for its report. The same again leaves without it');
    migration.kill('SIGINT');
    await saying(migration, 'busy may be running at the target');
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 3, stderr: containing('stopped by Ctrl-C') });

    // Only resume --force makes it run here as well.
    const image = hosts.path('busy.image');
    for (const args of [
      ['save', 'busy--migratedaway', image],
      ['save', '-c', 'busy--migratedaway', image],
      ['migrate', '-s', '', 'busy--migratedaway', target.receiver()],
      ['resume', 'busy--migratedaway'],
      ['unpause', 'busy--migratedaway'],
    ]) {
      expect(await source.xl(...args)).toMatchObject({ status: 1 });
    }
    expect(await source.domains()).toMatchObject([{ name: 'busy--migratedaway', state: 'suspended' }]);
    await target.quiet();
    const after = target.console('busy');
    await expectRunsOn(target, after);
    expect(flaws(before, after)).toEqual([]);
  });
});

async function saying(migration: Program, text: string): Promise<void> {
  await eventually(
    () => `"${text}"; it said:\n${migration.stderr}`,
    () => migration.stderr.includes(text) || undefined,
  );
}
