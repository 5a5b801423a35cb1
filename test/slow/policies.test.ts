/** Tests of the goals and limits of `xl migrate`, on real processes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, vi } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import type { Event, Program } from '../harness/program.js';
import type { TestHost } from '../harness/test-host.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/**
 * A guest whose whole hot set is dirty again after any pass, however slow the machine: fifteen writes for a
 * page sent.
 */
const hot = { memory: 8, cmdline: 'pages=200 rate=20000 pattern=sequential' };
const SLOW = ['--bandwidth', '40Mbit/s'];
const idle = { kernel: 'idle', memory: 8, cmdline: '' };

interface Pass {
  readonly kind: string;
  readonly octets: number;
  readonly milliseconds: number;
}

async function lastEvent(hosts: TwoHosts, options: readonly string[], status: number): Promise<Event> {
  const migration = hosts.migrate({ options });
  const ended = await migration.ended;
  expect(ended, ended.stderr).toMatchObject({ status });
  return migration.events().at(-1)!;
}

describe.concurrent('a busy domain', () => {
  const aborts: readonly { readonly options: readonly string[]; readonly reason: string; readonly exitStatus: number; readonly says: RegExp }[] = [
    { options: ['--abort-if-busy'], reason: 'busy', exitStatus: 6, says: /the domain is busy \((?:iterations|stall)\): / },
    { options: ['--abort-if-busy', '-i', '90', '-d', '0'], reason: 'busy', exitStatus: 6, says: /the domain is busy \(stall\): the last \d+ passes did not reduce the dirty pages \(.*\): (?:as many|more) are written again while a pass is sent, .* \(written: at least \d+ pages\/s, .*; sent: \d+ pages\/s\)/ },
    { options: ['--abort-if-busy', '--timeout', '0.3'], reason: 'busy', exitStatus: 6, says: /the domain is busy \(timeout\): [\d.]+ s of precopy, 0\.3 s allowed/ },
    { options: ['--timeout', '0.3', '--timeout-action', 'abort'], reason: 'timeout', exitStatus: 7, says: /^[\d.]+ s of precopy, 0\.3 s allowed/ },
    { options: ['--abort-if-busy', '--timeout', '0.3', '--timeout-action', 'abort'], reason: 'timeout', exitStatus: 7, says: /0\.3 s allowed/ },
  ]; // prettier-ignore

  test.for(aborts)('is left running: $options', async ({ options, reason, exitStatus, says }, { hosts }) => {
    const console = await hosts.source.create(hot);
    expect(await lastEvent(hosts, [...options, ...SLOW], exitStatus)).toMatchObject({
      event: 'failed',
      reason,
      exitStatus,
      outcome: 'keeps-running',
      message: matching(says),
      advice: [containing('busy keeps running here')],
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test('is suspended where --timeout says so, in the middle of a pass', async ({ hosts }) => {
    const before = await hosts.source.create(hot);
    // At this rate the first pass alone would take half a minute.
    const options = ['--timeout', '0.5', '--bandwidth', '2Mbit/s'];
    const complete = await lastEvent(hosts, options, 0);
    expect(complete).toMatchObject({
      event: 'complete',
      reason: 'timeout',
      explanation: matching(/^[\d.]+ s of precopy, 0\.5 s allowed$/),
    });
    const passes = complete['passes'] as readonly { kind: string; dirtyPages: number; sentPages: number }[];
    expect(passes.map(({ kind }) => kind)).toEqual(['precopy', 'stop-and-copy']);
    expect(passes[0]!.sentPages).toBeLessThan(passes[0]!.dirtyPages);
    await expectMoved(hosts, before);
  });

  test('goes on being sent until its downtime is within --max-downtime', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create(hot);
    // A generous goal, within reach on any machine; the first migration has measured nothing yet.
    const options = ['--max-downtime', '60000', ...SLOW];
    const there = hosts.migrate({ options });
    expect(await there.ended).toMatchObject({ status: 0 });
    expect(there.events().at(-1)).toMatchObject({
      reason: 'max-downtime',
      iterations: 1,
      explanation: matching(/^an estimated downtime of at most \d+ ms \(\d+ pages at \d+ pages\/s while the bandwidth holds, and 100 ms for the suspend itself; how fast the line is without it is not measured\), at most 60000 ms asked for$/),
    }); // prettier-ignore
    const between = await expectMoved(hosts, before);

    // Back: one millisecond is out of reach, and no number of passes is given.
    const back = ['migrate', '--json', '--max-downtime', '1', ...SLOW, '-s', '', 'busy', source.receiver()];
    const { status, stdout } = await target.xl(...back);
    expect(status).toBe(0);
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as Event;
    expect(last).toMatchObject({ reason: 'stall', explanation: matching(/did not reduce the dirty pages/) });
    await expectMoved({ source: target, target: source }, between);
  });
});

describe.concurrent('a domain that converges', () => {
  test('is never called busy, however little time there was', async ({ hosts }) => {
    const before = await hosts.source.create({ ...idle, name: 'busy' });
    const options = ['--abort-if-busy', '--max-downtime', '60000', '--precopy-iterations', '1'];
    expect(await lastEvent(hosts, options, 0)).toMatchObject({ reason: 'max-downtime', iterations: 1 });
    await expectMoved(hosts, before);
  });
});

describe.concurrent('a downtime that the suspend alone exceeds', () => {
  test('is a condition with --abort-if-busy: nothing is sent', async ({ hosts }) => {
    const before = await hosts.source.create(idle);
    // Nothing is measured yet: the goal is less than the assumed cost.
    const unmeasured = hosts.migrate({ options: ['--max-downtime', '90', '--abort-if-busy'], words: true });
    expect(await unmeasured.ended).toMatchObject({
      status: 6,
      stderr: matching(/no migration to the target was measured so far: 100 ms are assumed for the suspend itself, so that a downtime of 90 ms is out of reach\. A migration without --abort-if-busy measures it/),
    }); // prettier-ignore
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  // Three migrations.
  test(
    'is known from earlier migrations: a condition keeps the domain here, a goal moves it, and both are told',
    { timeout: 180_000 },
    async ({ hosts }) => {
      const { source, target } = hosts;
      const before = await source.create(idle);
      expect(await hosts.migrate().ended).toMatchObject({ status: 0 });
      const between = await expectMoved(hosts, before);
      const back = { domain: 'busy', command: source.receiver(), words: true };
      expect(await target.xl(...hosts.migration(back))).toMatchObject({ status: 0 });
      const after = await expectMoved({ source: target, target: source }, between);
      const options = ['--max-downtime', '1', '--abort-if-busy'];
      const condition = hosts.migrate({ options });
      expect(await condition.ended).toMatchObject({ status: 6 });
      const events = condition.events();
      // Programs are told, too, before it begins.
      expect(events.find(({ event }) => event !== 'schema')).toMatchObject({
        event: 'note',
        text: matching(/the suspend itself costs [\d.]+ m?s on the way to the target: a downtime of 1 ms is out of reach/),
      }); // prettier-ignore
      expect(events.filter(({ event }) => event === 'pass-started')).toEqual([]);
      expect(events.at(-1)).toMatchObject({
        reason: 'out-of-reach',
        outcome: 'keeps-running',
        message: matching(/a downtime of 1 ms is out of reach: the suspend itself counts for [\d.]+ m?s, however few pages are dirty/),
      }); // prettier-ignore
      await expectEmpty(target);
      await expectRunsOn(source, after);

      const goal = hosts.migrate({ options: ['--max-downtime', '1'], words: true });
      expect(await goal.ended).toMatchObject({
        status: 0,
        stderr: matching(/the suspend itself costs [\d.]+ m?s on the way to the target: a downtime of 1 ms is out of reach[^]*fewer would not help, as the suspend itself counts for [\d.]+ m?s of the 1 ms asked for/),
      }); // prettier-ignore
      await expectMoved(hosts, after);
    },
  );
});

describe.concurrent('the downtime under a bandwidth that is lifted at the suspend', () => {
  /** Rates of the line and of the limit, in octets per second. */
  const LINE = 60e6;
  const LIMIT = 6e6;
  const line = { forward: { faults: [{ at: 0, act: 'slow', octetsPerSecond: LINE }] } } as const;
  /** A guest that is all dirty again after any pass: 12 MB, 2 s at the limit. */
  const busy = { memory: 48, cmdline: 'pages=3000 rate=60000 pattern=sequential' };
  const condition = ['--abort-if-busy', '--max-downtime', '1500', '--bandwidth', '6MB/s'];

  // Whatever else the machine does slows the line that is measured.
  test(
    'is reckoned with the line, which a burst has measured',
    { timeout: 180_000, retry: 3 },
    async ({ hosts }) => {
      const before = await hosts.source.create(busy);
      const migration = hosts.migrate({ options: condition, relay: line });
      const { status, stdout } = await migration.ended;
      expect(status, stdout).toBe(0);
      const { reason, explanation } = migration.events().at(-1)! as { reason?: string; explanation?: string };
      expect(reason).toBe('max-downtime');
      const [, pages, rate] = /\((\d+) pages at (\d+) pages\/s/.exec(explanation!)!.map(Number);
      expect(pages).toBeGreaterThanOrEqual(3000);
      // At the limit the goal would have been out of reach, which is the point of the test.
      expect((pages! / (LIMIT / 4104)) * 1000).toBeGreaterThan(1500);
      expect(rate! * 4104).toBeGreaterThan(LIMIT * 1.3);
      expect(rate! * 4104).toBeLessThan(LINE * 1.3);
      await expectMoved(hosts, before);
    },
  );

  test('has bounds, and keeps to the upper one, where nothing tells how fast the line is', async ({
    hosts,
  }) => {
    // Too small for a burst that shows the line's rate.
    const before = await hosts.source.create(hot);
    const migration = hosts.migrate({ options: ['--abort-if-busy', '--max-downtime', '120', ...SLOW] });
    expect(await migration.ended).toMatchObject({ status: 6 });
    expect(migration.events().at(-1)).toMatchObject({
      reason: 'busy',
      message: matching(/it would be paused for at least 100 ms and at most \d{3} ms \(how fast the line is without the bandwidth is not measured\)/),
    }); // prettier-ignore
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, before);
  });

  test(
    'is reckoned with what earlier migrations had on the route',
    { timeout: 180_000 },
    async ({ hosts }) => {
      const { source, target } = hosts;
      const before = await source.create({ ...hot, memory: 64 });
      // Without a limit the line's rate shows.
      expect(await hosts.migrate().ended).toMatchObject({ status: 0 });
      await expectMoved(hosts, before);
      await target.done('destroy', 'busy');
      const again = await source.create(hot);
      const migration = hosts.migrate({ options: ['--abort-if-busy', '--max-downtime', '10000', ...SLOW] });
      expect(await migration.ended).toMatchObject({ status: 0 });
      const { explanation } = migration.events().at(-1)! as { explanation?: string };
      const [, rate] = /pages at (\d+) pages\/s/.exec(explanation!)!.map(Number);
      expect(rate! * 4104).toBeGreaterThan(5e6 * 1.5);
      await expectMoved(hosts, again);
    },
  );
});

/** Tolerance for rounding. */
const LEEWAY = 0.01;

describe.concurrent('a bandwidth', () => {
  const rates = [
    { text: '40Mbit/s', octetsPerSecond: 5e6, always: false },
    { text: '5MB/s', octetsPerSecond: 5e6, always: true },
  ];

  test.for(rates)('is not exceeded: %o', async ({ text, octetsPerSecond, always }, { hosts }) => {
    const before = await hosts.source.create(hot);
    const options = ['--bandwidth', text, ...(always ? ['--bandwidth-always'] : [])];
    const { passes } = (await lastEvent(hosts, options, 0)) as unknown as { passes: readonly Pass[] };
    const paced = passes.filter(({ kind }) => always || kind !== 'stop-and-copy');
    expect(paced.length).toBeGreaterThan(2);
    for (const { octets, milliseconds } of paced) {
      // 10 ms of arrears may be made up for.
      const allowed = ((milliseconds + 10) / 1000) * octetsPerSecond;
      expect(octets).toBeLessThanOrEqual(allowed * (1 + LEEWAY));
    }
    await expectMoved(hosts, before);
  });
});

describe.concurrent("a policy of the operator's own", () => {
  function own(hosts: TwoHosts, text: string): string[] {
    const path = hosts.path('policy.mjs');
    writeFileSync(path, text);
    return ['--policy', path];
  }

  test('decides', async ({ hosts }) => {
    const before = await hosts.source.create(hot);
    const policy = own(
      hosts,
      `export default ({ iteration, dirtyCount }) =>
        iteration === 7 && dirtyCount !== undefined
          ? { decision: 'stop-and-copy', reason: { code: 'seven', sentence: 'seven passes, ' + dirtyCount + ' pages' } }
          : { decision: 'continue-precopy' };`,
    );
    expect(await lastEvent(hosts, [...policy, ...SLOW], 0)).toMatchObject({
      reason: 'seven',
      iterations: 7,
      explanation: matching(/^seven passes, \d+ pages$/),
    });
    await expectMoved(hosts, before);
  });

  test('may wait while it is loaded, which is done twice', async ({ hosts }) => {
    const before = await hosts.source.create(hot);
    const loads = hosts.path('loads');
    const policy = own(
      hosts,
      `import { appendFileSync } from 'node:fs';
      import { setTimeout } from 'node:timers/promises';
      const code = await setTimeout(100, 'waited');
      appendFileSync(${JSON.stringify(loads)}, 'loaded\\n');
      export default () => ({ decision: 'stop-and-copy', reason: { code, sentence: 'now' } });`,
    );
    expect(await lastEvent(hosts, policy, 0)).toMatchObject({ reason: 'waited' });
    expect(readFileSync(loads, 'utf8')).toBe('loaded\nloaded\n');
    await expectMoved(hosts, before);
  });

  test('is kept within the limits that are given beside it', async ({ hosts }) => {
    const before = await hosts.source.create(hot);
    const policy = own(hosts, `export default () => ({ decision: 'continue-precopy' });`);
    const complete = await lastEvent(hosts, [...policy, '-i', '3', ...SLOW], 0);
    expect(complete).toMatchObject({ reason: 'iterations', iterations: 3 });
    await expectMoved(hosts, before);
  });

  const faults: readonly { readonly fault: string; readonly text: string; readonly says: RegExp }[] = [
    { fault: 'throws', text: `export default () => { throw new Error('no idea'); };`, says: /the policy .*policy\.mjs threw no idea/ },
    { fault: 'answers with a promise', text: `export default async () => ({ decision: 'continue-precopy' });`, says: /answered with a promise: a policy decides at once/ },
    { fault: 'answers nonsense', text: `export default () => 'stop';`, says: /answered "stop", which is no decision/ },
    { fault: 'answers nothing', text: `export default () => {};`, says: /answered undefined, which is no decision/ },
    { fault: 'gives no reason', text: `export default () => ({ decision: 'abort' });`, says: /decided abort without a reason/ },
    { fault: 'changes what it is given', text: `export default (stats) => { stats.iteration = 99; };`, says: /threw Cannot assign to read only property/ },
  ]; // prettier-ignore

  test.for(faults)('that $fault ends the migration, not the guest', async ({ text, says }, { hosts }) => {
    const console = await hosts.source.create(hot);
    expect(await lastEvent(hosts, own(hosts, text), 7)).toMatchObject({
      event: 'failed',
      reason: 'policy-failed',
      exitStatus: 7,
      outcome: 'keeps-running',
      message: matching(says),
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test('changes nothing about how the migration ended with what it leaves behind', async ({ hosts }) => {
    const before = await hosts.source.create(hot);
    const policy = own(
      hosts,
      `setInterval(() => {}, 1000);
      setTimeout(() => { throw new Error('long after'); }, 50);
      export default () => {
        setTimeout(() => { throw new Error('when nobody asks'); });
        return { decision: 'continue-precopy' };
      };`,
    );
    expect(await lastEvent(hosts, [...policy, '-i', '2', ...SLOW], 0)).toMatchObject({ event: 'complete' });
    await expectMoved(hosts, before);
  });

  test('that ends the process it runs in ends the migration, not the guest', async ({ hosts }) => {
    const console = await hosts.source.create(hot);
    const policy = own(
      hosts,
      `export default ({ iteration }) => iteration === 0 ? { decision: 'continue-precopy' } : process.exit(0);`,
    );
    const migration = hosts.migrate({ options: policy });
    const said = () => migration.events().some(({ event }) => event === 'failed');
    await vi.waitFor(() => expect(said()).toBe(true), { timeout: 150_000, interval: 20 });
    // Its other processes are not gone yet.
    expect(await hosts.migrate({ words: true }).ended).toMatchObject({
      status: 1,
      stderr: containing('is being migrated already'),
    });
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'keeps-running',
      message: containing('ended without a word'),
      advice: [containing('busy keeps running here')],
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test.for([
    {
      how: 'by mig migrate-abort',
      end: async (_: Program, source: TestHost) =>
        expect(await source.done('migrate-abort', 'busy')).toContain('the policy does not answer'),
    },
    {
      how: 'by Ctrl-C',
      end: (migration: Program) => Promise.resolve(void process.kill(migration.pid, 'SIGINT')),
    },
  ])('that never answers does not keep a migration from being ended $how', async ({ end }, { hosts }) => {
    const console = await hosts.source.create(hot);
    const policy = own(
      hosts,
      `export default ({ iteration }) => { while (iteration > 0); return { decision: 'continue-precopy' }; };`,
    );
    const migration = hosts.migrate({ options: policy });
    const passed = () => migration.events().some(({ event }) => event === 'pass');
    await vi.waitFor(() => expect(passed()).toBe(true), { timeout: 150_000, interval: 20 });
    const asked = performance.now();
    await end(migration, hosts.source);
    await migration.ended;
    // It is given some time, on a busy machine more, never less.
    expect(performance.now() - asked).toBeGreaterThan(4000);
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'keeps-running',
      message: containing('the policy does not answer'),
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test('that does so as it loads is refused', async ({ hosts }) => {
    const console = await hosts.source.create(hot);
    const policy = own(hosts, `process.exit(0); export default () => ({ decision: 'continue-precopy' });`);
    expect(await hosts.migrate({ options: policy }).ended).toMatchObject({
      status: 2,
      stderr: containing('cannot be loaded: it ends its thread'),
    });
    await expectRunsOn(hosts.source, console);
  });

  test('that aborts is heard', async ({ hosts }) => {
    const console = await hosts.source.create(hot);
    const policy = own(
      hosts,
      `export default () => ({ decision: 'abort', reason: { code: 'sunday', sentence: 'not on a Sunday' } });`,
    );
    expect(await lastEvent(hosts, policy, 7)).toMatchObject({
      reason: 'sunday',
      exitStatus: 7,
      message: containing('not on a Sunday'),
    });
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });
});
