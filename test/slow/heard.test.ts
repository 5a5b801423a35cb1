/**
 * Tests of a target that takes little or nothing: the operator is heard, and the domain does not stand
 * still for ever.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { buildGuest } from '../../packages/hypervisor-wasm/src/guest/guest-builder.test-support.js';
import { eventually } from '../harness/eventually.js';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import { type Event, Program } from '../harness/program.js';
import { heldBack, quoted, type RelayPlan } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/** An offset within the first pass over memory; octets in transit are fewer than one write. */
const SOME = 2_000_000;
const stalls: RelayPlan = { forward: { faults: [{ at: SOME, act: 'stall' }] } };

/** Tells whether the policy is consulted again and again while no page is sent. */
const waits = (event: Event) => {
  const { point, elapsedMilliseconds } = (event['stats'] ?? {}) as Record<string, unknown>;
  return event.event === 'consulted' && point === 'between-batches' && Number(elapsedMilliseconds) > 500;
};

describe.concurrent('while the target takes nothing', () => {
  test('a timeout that aborts does', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const options = ['--timeout', '1', '--timeout-action', 'abort'];
    const migration = hosts.migrate({ options, relay: stalls });
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      reason: 'timeout',
      message: matching(/^[\d.]+ s of precopy, 1 s allowed$/),
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

describe.concurrent('while a guest does not suspend', () => {
  /** Creates a guest whose run() never returns: loop, br 0, end, unreachable. */
  async function createSpinning(hosts: TwoHosts): Promise<void> {
    const { source } = hosts;
    const kernel = hosts.path('spinning.wasm');
    writeFileSync(kernel, buildGuest({ run: [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00] }));
    await source.done('create', '-q', await source.configure({ kernel, cmdline: '' }));
  }

  test('an abort is heeded, and the domain obeys others at once', async ({ hosts }) => {
    const { source, target } = hosts;
    await createSpinning(hosts);
    // Far longer than the test may take.
    const migration = hosts.migrate({ options: ['--suspend-timeout', '600'] });
    await migration.untilEvent('the suspend', ({ state }) => state === 'suspending');
    expect(await source.done('migrate-abort', 'busy')).toMatch(
      /^busy was not migrated\.\nbusy keeps running/,
    );
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().at(-1)).toMatchObject({ state: 'suspending', outcome: 'keeps-running' });
    expect(await source.domains()).toMatchObject([{ state: 'running', standing: 'free', logDirty: false }]);
    await source.done('rename', 'busy', 'other');
    await expectEmpty(target);
  });

  test('a signal ends a save', async ({ hosts }) => {
    const { source } = hosts;
    await createSpinning(hosts);
    const save = source.start('save', '--suspend-timeout', '600', 'busy', hosts.path('image'));
    await eventually('the save', async () => {
      const [domain] = await source.domains();
      return domain?.standing === 'taken' || undefined;
    });
    save.kill('SIGTERM');
    expect(await save.ended).toMatchObject({ status: 1, stderr: containing('The domain keeps running') });
    expect(await source.domains()).toMatchObject([{ state: 'running', standing: 'free' }]);
  });
});

describe.concurrent('while the domain is suspended', () => {
  // A line that is slow, but never still: no other timeout ends it.
  const slow: RelayPlan = { forward: { faults: [{ at: SOME, act: 'slow', octetsPerSecond: 200_000 }] } };

  test('the target has so much time to take the rest as was said', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const options = ['-i', '0', '--stop-and-copy-timeout', '2'];
    const migration = hosts.migrate({ options, relay: slow });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      message: 'the rest of the suspended domain was not taken within 2 s',
      state: 'stop-and-copy',
      outcome: 'resumed',
    });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  describe('so has the reader of an image that goes into a pipe', () => {
    /** @returns the pipe, and the process that holds its other end until it is ended */
    function pipeTo(hosts: TwoHosts, reading: string): { fifo: string; reader: Program } {
      const fifo = hosts.path('image');
      execFileSync('mkfifo', [fifo]);
      const reader = new Program('sh', ['-c', `exec < ${quoted(fifo)}; ${reading}`], { environment: {} });
      return { fifo, reader };
    }

    test.for([
      [
        'a little now and then',
        'while head -c 65536 > /dev/null; do sleep 0.2; done',
        '--stop-and-copy-timeout',
      ],
      ['nothing', 'exec sleep 1000', '--progress-timeout'],
    ] as const)('who reads %s', async ([, reading, option], { hosts }) => {
      const { source } = hosts;
      const console = await source.create();
      const { fifo, reader } = pipeTo(hosts, reading);
      expect(await source.xl('save', option, '2', 'busy', fifo)).toMatchObject({
        status: 1,
        stderr: matching(
          /(the rest of the suspended domain was not taken|the file took no bytes) within 2 s/,
        ),
      });
      reader.kill('SIGKILL');
      await reader.exited;
      await expectRunsOn(source, console);
    });

    test('and a signal ends the wait for it', async ({ hosts }) => {
      const { source } = hosts;
      const console = await source.create();
      const { fifo, reader } = pipeTo(hosts, 'exec sleep 1000');
      const save = source.start('save', 'busy', fifo);
      await eventually('the suspend', async () => {
        const [domain] = await source.domains();
        return domain?.standing === 'suspended' || undefined;
      });
      save.kill('SIGINT');
      expect(await save.ended).toMatchObject({ status: 1, stderr: containing('stopped by Ctrl-C') });
      reader.kill('SIGKILL');
      await reader.exited;
      await expectRunsOn(source, console);
    });
  });
});
