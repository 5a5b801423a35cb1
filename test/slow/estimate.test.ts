/**
 * Tests of planning a migration: what `xl dirty-rate` and `xl migrate --estimate` report, and what they
 * leave alone.
 */
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import { eventually } from '../harness/eventually.js';
import type { Program } from '../harness/program.js';
import { BEFORE_READY, heldBack } from '../harness/relay.js';
import type { TestHost } from '../harness/test-host.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

/** Pages of the busy guest's set, and of the table for it. */
const SET = 501;
/** A period shorter than the default. */
const PERIOD = ['--period', '0.5'];

interface Estimate {
  readonly schema: number;
  readonly estimates: readonly {
    readonly policy: string;
    readonly link: string;
    readonly decision: string;
    readonly reason: string;
    readonly iterations: number;
    readonly octets: number;
    readonly totalMilliseconds: number;
    readonly downtimeMilliseconds: number | null;
  }[];
}

async function untilLogged(host: TestHost, logged = true): Promise<void> {
  await eventually(
    `a log that is ${logged ? 'on' : 'off'}`,
    async () => (await host.domains()).every(({ logDirty }) => logDirty === logged) || undefined,
  );
}

/**
 * Starts a migration and stops it between its live passes: the target's first answer is out, and nothing of
 * the stream gets through.
 */
async function held(hosts: TwoHosts): Promise<{ migration: Program; goOn: () => void }> {
  const gate = hosts.path('gate');
  const migration = hosts.migrate({ relay: { forward: heldBack(100_000, gate) } });
  await migration.untilEvent('the first pass', ({ event }) => event === 'pass-started');
  return { migration, goOn: () => writeFileSync(gate, '') };
}

describe.concurrent('xl dirty-rate', () => {
  test('says in words and as JSON what the guest writes, and leaves it running', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const words = await source.done('dirty-rate', ...PERIOD, 'busy');
    expect(words).toMatch(/^ *within +pages written +pages\/s +MiB\/s$/m);
    expect(words).toMatch(/^working set: \d+ pages \(.* MiB\) of 4096 pages \(16\.0 MiB\)/m);
    await expectRunsOn(source, console);

    const json = JSON.parse(await source.done('dirty-rate', '--json', ...PERIOD, 'busy')) as {
      workingSetPages: number;
      readings: number;
      windows: { milliseconds: number; pages: number; pagesPerSecond: number }[];
    };
    expect(json).toMatchObject({ schema: 1, name: 'busy', pageSize: 4096, pageCount: 4096 });
    expect(json.readings).toBeGreaterThan(0);
    expect(json.workingSetPages).toBeGreaterThan(0);
    // The guest also writes to a few pages beside its set, for its own state.
    expect(json.workingSetPages).toBeLessThan(SET + 50);
    const [first] = json.windows;
    expect(first!.pagesPerSecond).toBeCloseTo((first!.pages / first!.milliseconds) * 1000);
    expect(json.windows.at(-1)!.pages).toBe(json.workingSetPages);
    await expectRunsOn(source, console);
  });

  test('Ctrl-C ends it with the log off', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const measurement = source.startGroup('dirty-rate', '--period', '600', 'busy');
    await untilLogged(source);
    measurement.interruptGroup();
    expect(await measurement.ended).toMatchObject({
      status: 1,
      stdout: '',
      stderr: containing('what busy writes was not measured: stopped by Ctrl-C'),
    });
    await expectRunsOn(source, console);
  });

  test('killed, it leaves the log off, too', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const measurement = source.start('dirty-rate', '--period', '600', 'busy');
    await untilLogged(source);
    measurement.kill('SIGKILL');
    await measurement.ended;
    await untilLogged(source, false);
    await expectRunsOn(source, console);
  });

  test('is refused while the domain is being migrated, which goes on', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const { migration, goOn } = await held(hosts);
    for (const command of [['dirty-rate'], ['migrate', '--estimate']]) {
      expect(await source.xl(...command, ...PERIOD, 'busy')).toMatchObject({
        status: 1,
        stdout: '',
        stderr: containing('its writes are being logged already: it is being migrated'),
      });
    }
    goOn();
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('keeps a migration from beginning, which says why', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const measurement = source.start('dirty-rate', '--period', '600', 'busy');
    await untilLogged(source);
    const migration = hosts.migrate();
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'untouched',
      message: containing('or its dirty rate is being measured'),
    });
    await expectEmpty(target);
    measurement.kill('SIGTERM');
    expect(await measurement.ended).toMatchObject({ status: 1, stderr: containing('stopped by SIGTERM') });
    await expectRunsOn(source, console);
  });

  test('of a domain that is suspended for a migration is refused', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    const gate = hosts.path('gate');
    // Before the target's "ready" the domain is suspended.
    const migration = hosts.migrate({ relay: { backward: heldBack(BEFORE_READY, gate) } });
    await migration.untilEvent('the wait for ready', ({ state }) => state === 'awaiting-ready');
    expect(await source.xl('dirty-rate', 'busy')).toMatchObject({
      status: 1,
      stderr: containing('is being migrated by process'),
    });
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
  });
});

describe.concurrent('xl migrate --estimate', () => {
  const policies = [
    'stock (5 passes, 50 pages)',
    '--precopy-iterations 20',
    '--max-downtime 300',
    '--max-downtime 100',
    '--max-downtime 30',
    '--abort-if-busy',
  ];

  async function estimated(host: TestHost, ...args: string[]): Promise<Estimate> {
    return JSON.parse(await host.done('migrate', '--estimate', '--json', ...PERIOD, ...args)) as Estimate;
  }

  test('predicts each policy for the usual links, and moves nothing', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const { schema, estimates } = await estimated(source, 'busy');
    expect(schema).toBe(1);
    const links = ['100 Mbit/s', '1 Gbit/s', '10 Gbit/s'];
    expect(estimates.map(({ link, policy }) => [link, policy])).toEqual(
      links.flatMap((link) => policies.map((policy) => [link, policy])),
    );
    for (const each of estimates) {
      expect(each.octets).toBeGreaterThan(16 * 2 ** 20);
      expect(each.iterations).toBeGreaterThan(0);
      expect(each.totalMilliseconds).toBeGreaterThan(10);
      expect(each.downtimeMilliseconds === null).toBe(each.decision === 'abort');
    }
    await expectRunsOn(source, console);
  });

  test('says in words why precopy would end, with the course that was given first', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const said = await source.done(
      ...['migrate', '--estimate', ...PERIOD, '--precopy-iterations', '1', '--link', '100Mbit/s', 'busy'],
    );
    const lines = said.split('\n');
    expect(lines[0]).toBe('busy over 100 Mbit/s:');
    expect(lines[1]).toMatch(/^Recommended: .* It pauses busy for about \d.*, and sends \d.* in \d.*\.$/);
    expect(lines[3]).toMatch(/^policy +passes +sent +total time +downtime +ends by$/);
    expect(lines[4]).toMatch(/^as given +1 .* limit: passes$/);
    expect(lines.slice(5, 11).map((line) => line.split(/ {2,}/)[0])).toEqual(policies);
    expect(lines[12]).toMatch(/^Not included/);
    await expectRunsOn(source, console);
  });

  test('measures the link to HOST, and starts nothing there', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const ssh = `${process.execPath} -e 'require("child_process").spawnSync("sh", ["-c", process.argv[2]], { stdio: "inherit" })'`;
    const { estimates } = await estimated(source, '-s', ssh, 'busy', 'far.example');
    expect(estimates).toHaveLength(policies.length);
    expect(estimates[0]!.link).toMatch(/^to far\.example: .*\/s$/);
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('knows what earlier migrations that way have cost', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    expect(await hosts.migrate().ended).toMatchObject({ status: 0 });
    await source.create();
    const args = ['--link', '1Gbit/s', '-s', '', 'busy', target.receiver()];
    expect(await estimated(source, ...args)).toMatchObject({
      suspendCostMilliseconds: expect.any(Number) as number,
    });
    expect(await source.done('migrate', '--estimate', ...PERIOD, ...args)).toMatch(
      /^Included, as measured before on this route: /m,
    );
  });

  test('tells the line from the limit on it', async ({ hosts }) => {
    const { source, target } = hosts;
    // Too much for the limit within the goal, and little for the line.
    await source.create({ memory: 64, cmdline: 'pages=4000 rate=200000 pattern=sequential' });
    const route = ['-s', '', 'busy', target.receiver()];
    const goal = ['--abort-if-busy', '--max-downtime', '1000', '--link', '1Gbit/s'];
    const limited = await estimated(source, ...goal, '--bandwidth', '80Mbit/s', ...route);
    expect(limited).toMatchObject({ suspendCostMilliseconds: 100, suspendCostMeasured: false });
    const [asGiven] = limited.estimates;
    expect(asGiven).toMatchObject({ policy: 'as given', decision: 'stop-and-copy', reason: 'max-downtime' });
    const always = await estimated(
      source,
      ...goal,
      '--bandwidth',
      '80Mbit/s',
      '--bandwidth-always',
      ...route,
    );
    expect(always.estimates[0]).toMatchObject({
      decision: 'abort',
      reason: 'busy',
      downtimeMilliseconds: null,
    });
    const words = await source.done('migrate', '--estimate', ...PERIOD, '--link', '1Gbit/s', '--bandwidth', '80Mbit/s', ...route); // prettier-ignore
    expect(words).toMatch(/^busy over 1 Gbit\/s, at most 80 Mbit\/s until it is suspended:$/m);
    expect(words).toMatch(
      /^No migration to the target was measured so far: 100 ms of the downtime are assumed/m,
    );
  });

  test.for([
    [['-s', '', 'busy', 'receive'], 2, /cannot be measured[^]*--link/],
    [['-s', 'false', 'busy', 'far'], 1, /the speed of the link to far could not be measured: false exited/],
    [
      ['-s', "sh -c 'exec sleep 600'", '--banner-timeout', '0.2', 'busy', 'far'],
      1,
      /the speed of the link to far could not be measured: .* did not get there within 0\.2 s/,
    ],
    [
      ['-s', "sh -c 'echo mig-link; exec sleep 600'", '--progress-timeout', '0.2', 'busy', 'far'],
      1,
      /the speed of the link to far could not be measured: .* took less than 256 KiB within 0\.2 s/,
    ],
    [['--period', '0', 'busy'], 2, /--period must be a number of seconds/],
    [['--bandwidth', 'fast', 'busy'], 2, /--bandwidth must be/],
    [['--link', 'fast', 'busy'], 2, /--link must be/],
    [['--timeout-action', 'abort', 'busy'], 2, /--timeout-action without --timeout/],
    [['--policy', '/nonexistent.js', 'busy'], 2, /--policy \/nonexistent\.js cannot be loaded/],
    [[], 2, /'xl migrate' requires at least 1 argument\./],
    [['nobody'], 1, /nobody is an invalid domain identifier/],
  ] as const)('%j is refused', async ([args, status, said], { hosts }) => {
    const { source } = hosts;
    await source.done('create', '-q', '-p', await source.configure({ kernel: 'idle', cmdline: '' }));
    expect(await source.xl('migrate', '--estimate', ...args)).toMatchObject({
      status,
      stdout: '',
      stderr: matching(said),
    });
  });

  test('without it, a host and no period are asked for', async ({ hosts }) => {
    const { source } = hosts;
    for (const args of [[], ['busy']]) {
      expect(await source.xl('migrate', ...args)).toMatchObject({
        status: 2,
        stderr: containing("'xl migrate' requires at least 2 arguments."),
      });
    }
    expect(await source.xl('migrate', '--period', '1', 'busy', 'far')).toMatchObject({
      status: 2,
      stderr: containing('--period without --estimate'),
    });
    expect(await source.xl('migrate', '--link', '1Gbit/s', 'busy', 'far')).toMatchObject({
      status: 2,
      stderr: containing('--link without --estimate'),
    });
  });
});
