/** The operator is heard while a target takes nothing. */
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { expectEmpty, expectMoved, expectRunsOn, matching } from './harness/expectations.js';
import type { Event } from './harness/program.js';
import { heldBack, type RelayPlan } from './harness/relay.js';
import { test } from './harness/two-hosts.js';

/** Into the first pass over memory; what is on the way then is less than a write. */
const SOME = 2_000_000;
const stalls: RelayPlan = { forward: { faults: [{ at: SOME, act: 'stall' }] } };

/** It is asked again and again what is to be, and no page goes. */
const waits = (event: Event) => {
  const { point, elapsedMilliseconds } = (event['stats'] ?? {}) as Record<string, unknown>;
  return event.event === 'consulted' && point === 'between-batches' && Number(elapsedMilliseconds) > 500;
};

describe.concurrent('while the target takes nothing', { timeout: 120_000 }, () => {
  test('a timeout that aborts does', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const options = ['--timeout', '1', '--timeout-action', 'abort'];
    const migration = hosts.migrate({ options, relay: stalls });
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      reason: 'timeout',
      message: matching(/^precopy aborted: 1(\.\d)? s of precopy, 1 s allowed$/),
      outcome: 'keeps-running',
    });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('so does one that is set meanwhile', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = hosts.migrate({ relay: stalls });
    await migration.untilEvent('a write that waits', waits);
    await source.done('migrate-set', '--timeout', '0.1', '--timeout-action', 'abort', 'busy');
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'failed', reason: 'timeout' });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('a switchover is decided at once, and done when the write is', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ relay: { forward: heldBack(SOME, gate) } });
    await migration.untilEvent('a write that waits', waits);
    await source.done('migrate-switchover', '--now', 'busy');
    const decided = await migration.untilEvent(
      'its decision',
      ({ event, answer }) => event === 'consulted' && JSON.stringify(answer).includes('"operator"'),
    );
    expect(decided['stats']).toMatchObject({ point: 'between-batches', totalWritten: 0 });
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'complete', reason: 'operator' });
    await expectMoved(hosts, before);
  });

  test('a bandwidth and an abort are heeded', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = hosts.migrate({ relay: stalls });
    await migration.untilEvent('a write that waits', waits);
    expect(await source.done('migrate-set', '--bandwidth', '1MB/s', 'busy')).toContain('bandwidth  8 Mbit/s');
    await source.done('migrate-abort', 'busy');
    expect(await migration.ended).toMatchObject({ status: 7 });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('one signal ends it', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = hosts.migrate({ relay: stalls });
    await migration.untilEvent('a write that waits', waits);
    migration.kill('SIGTERM');
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({ message: 'stopped by SIGTERM' });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });
});
