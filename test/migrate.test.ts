/** Tests of migrations that succeed, and of their options. */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { faultsOf } from '../apps/xl/src/view/events-schema.test-support.js';
import { containing, expectMoved, expectRunsOn, matching } from './harness/expectations.js';
import { flaws } from './harness/guest-console.js';
import type { TestHost } from './harness/test-host.js';
import { test } from './harness/two-hosts.js';

const PAGE = 4096;

interface Complete {
  readonly iterations: number;
  readonly pagesSent: number;
  readonly octetsSent: number;
  readonly totalMilliseconds: number;
  readonly downtimeMilliseconds: number;
  readonly reason: string;
  readonly passes: readonly {
    readonly kind: string;
    readonly dirtyPages: number;
    readonly sentPages: number;
    readonly zeroPages?: number;
    readonly octetsSaved?: number;
    readonly octets: number;
  }[];
}

describe.concurrent('a busy guest', () => {
  test('moves without a tick lost or repeated, and the last of the JSON lines sums it up', async ({
    hosts,
  }) => {
    const before = await hosts.source.create();
    const migration = hosts.migrate();
    const { status } = await migration.ended;
    expect(status).toBe(0);
    await expectMoved(hosts, before);

    const events = migration.events();
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['source-state', 'pass-started', 'pass', 'precopy-ended']),
    );
    const complete = events.at(-1) as unknown as Complete;
    expect(complete).toMatchObject({
      event: 'complete',
      reason: matching(/^(threshold|iterations)$/),
    });
    expect(complete.iterations).toBeGreaterThanOrEqual(1);
    expect(complete.pagesSent).toBeGreaterThanOrEqual(0.99 * ((16 << 20) / PAGE));
    expect(complete.octetsSent).toBeGreaterThan(complete.pagesSent * PAGE);
    expect(complete.downtimeMilliseconds).toBeGreaterThan(0);
    expect(complete.totalMilliseconds).toBeGreaterThan(complete.downtimeMilliseconds);
  });

  test('has moved where the goal was missed as well, which is said: exit status 0', async ({ hosts }) => {
    const before = await hosts.source.create();
    const migration = hosts.migrate({ options: ['--max-downtime', '1'] });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    const last = migration.events().at(-1)!;
    expect(last).toMatchObject({
      event: 'complete',
      domain: 'busy',
      goal: { askedMilliseconds: 1, met: false },
    });
    expect(migration.events().flatMap(faultsOf)).toEqual([]);
  });

  test('is not touched where the migration is refused, and the last of the JSON lines says why', async ({
    hosts,
  }) => {
    const console = await hosts.source.create();
    const migration = hosts.migrate({ options: ['--trace', hosts.path('no/such/folder')] });
    expect(await migration.ended).toMatchObject({ status: 1, stderr: containing('--trace') });
    expect(migration.events()).toMatchObject([
      { event: 'schema' },
      {
        event: 'failed',
        domain: 'busy',
        exitStatus: 1,
        outcome: 'untouched',
        message: matching(/^--trace .*no such/),
      },
    ]);
    expect(migration.events().flatMap(faultsOf)).toEqual([]);
    await expectRunsOn(hosts.source, console);
  });

  test('moves there and back again', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    expect(await hosts.migrate({ options: ['--live'] }).ended).toMatchObject({ status: 0 });
    const away = await expectMoved(hosts, before);
    expect(await target.xl('migrate', '-s', '', 'busy', source.receiver())).toMatchObject({ status: 0 });
    const back = await expectMoved({ source: target, target: source }, away);
    expect(flaws(before, away, back)).toEqual([]);
    // It ends here, and was not "moved to" the other host.
    await source.xl('destroy', 'busy');
    expect(await source.xl('migrate-status', 'busy')).toMatchObject({
      status: 1,
      stderr: 'busy is an invalid domain identifier (rc=-6)\n',
    });
  });
});

describe.concurrent('a guest that writes as fast as it can', () => {
  const line = { at: 0, act: 'slow', octetsPerSecond: 20 << 20 } as const;

  // Octets sent wait in pipes for the line, while the guest goes on writing to the same pages.
  test.for(['sequential', 'random'])(
    'arrives as it was suspended, octet for octet: %s',
    async (pattern, { hosts }) => {
      const before = await hosts.source.create({
        memory: 16,
        cmdline: `pages=3000 rate=0 pattern=${pattern}`,
      });
      const options = ['--debug', '-i', '3', '-d', '0'];
      const migration = hosts.migrate({ options, relay: { forward: { faults: [line] } } });
      expect(await migration.ended).toMatchObject({ status: 0 });
      await expectMoved(hosts, before);
      const { passes } = migration.events().at(-1) as unknown as Complete;
      const kinds = ['precopy', 'precopy', 'precopy', 'stop-and-copy', 'verify'];
      expect(passes.map(({ kind }) => kind)).toEqual(kinds);
      expect(passes[1]!.sentPages).toBeGreaterThan(1000);
    },
  );
});

/**
 * A hot set that is rewritten many times over in each pass: for each page that the line takes, the guest
 * writes fifteen. Only a guest that got a fifteenth of its time would have fewer dirty pages from pass to
 * pass.
 */
const hot = { pages: 200, memory: 8, rate: 20_000, octetsPerSecond: 5 << 20 };
/** Pages that the guest needs beside its set: stack, table, console. */
const BESIDES = 16;
/** Octets that are not pages: headers, configuration, the vCPU with its program, permission. */
const OTHER_OCTETS = 64 << 10;

/** Octets of PAGE_DATA records with so many pages in all, at most 1024 in each, without holes. */
function recordOctets(pages: number): number {
  return pages * (8 + PAGE) + Math.ceil(pages / 1024) * 16;
}

const settings: readonly {
  readonly options: readonly string[];
  readonly iterations: number;
  readonly reason: string;
}[] = [
  { options: ['--precopy-iterations', '0'], iterations: 0, reason: 'iterations' },
  { options: ['--precopy-iterations', '1'], iterations: 1, reason: 'iterations' },
  { options: ['--precopy-iterations', '5', '-d', '0'], iterations: 5, reason: 'iterations' },
  { options: ['-i', '50', '-d', '0'], iterations: 50, reason: 'iterations' },
  { options: ['--precopy-threshold', '0'], iterations: 5, reason: 'iterations' },
  { options: ['-d', '1'], iterations: 5, reason: 'iterations' },
  { options: ['--precopy-threshold', '1000000000'], iterations: 1, reason: 'threshold' },
];

describe.concurrent('the precopy loop with a guest that rewrites its set in each pass', () => {
  test.for(settings)('%o', async ({ options, iterations, reason }, { hosts }) => {
    const { pages, memory, rate, octetsPerSecond } = hot;
    const before = await hosts.source.create({
      memory,
      cmdline: `pages=${pages} rate=${rate} pattern=sequential`,
    });
    const relay = { forward: { faults: [{ at: 0, act: 'slow', octetsPerSecond } as const] } };
    const migration = hosts.migrate({ options, relay });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);

    const complete = migration.events().at(-1) as unknown as Complete;
    expect(complete).toMatchObject({ event: 'complete', iterations, reason });
    const kinds = complete.passes.map(({ kind }) => kind);
    // If precopy ends with known dirty pages, these are sent once more before the suspend.
    const remainder = reason === 'threshold' ? ['remainder'] : [];
    expect(kinds).toEqual([...Array<string>(iterations).fill('precopy'), ...remainder, 'stop-and-copy']);

    const [first, ...rest] = complete.passes;
    expect(first!.dirtyPages).toBe((memory << 20) / PAGE);
    for (const { kind, dirtyPages } of rest) {
      expect(dirtyPages).toBeLessThanOrEqual(pages + BESIDES);
      if (kind === 'precopy') expect(dirtyPages).toBeGreaterThan(0);
    }
    for (const { dirtyPages, sentPages, zeroPages = 0, octetsSaved = 0, octets } of complete.passes) {
      expect(sentPages + zeroPages).toBe(dirtyPages);
      // Each batch with both has a record more.
      expect(Math.abs(octets + octetsSaved - recordOctets(dirtyPages))).toBeLessThan(16 * 10);
    }
    const sum = (figures: readonly number[]) => figures.reduce((total, each) => total + each, 0);
    expect(complete.pagesSent).toBe(sum(complete.passes.map(({ sentPages }) => sentPages)));
    const others = complete.octetsSent - sum(complete.passes.map(({ octets }) => octets));
    expect(others).toBeGreaterThan(0);
    expect(others).toBeLessThan(OTHER_OCTETS);
  });
});

describe.concurrent('what the target says', () => {
  const prefix = 'migration target: ';
  const saidBy = (stderr: string) =>
    stderr.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []));
  const stock = [
    ...['Ready to receive domain.', 'Transfer complete, requesting permission to start domain.'],
    ...['Got permission, starting domain.', 'Domain started successfully.'],
  ];
  // A line of the kind that depends on the time that it takes.
  const isProgress = (line: string) => line.endsWith(' so far.');

  test('is what stock says', async ({ hosts }) => {
    const before = await hosts.source.create();
    const { stderr } = await hosts.migrate().ended;
    await expectMoved(hosts, before);
    expect(saidBy(stderr)).toEqual(stock);
  });

  test.for([
    ['xl-receive -v', (target: TestHost) => target.receiver('-v')],
    ['xl -v migrate-receive', (target: TestHost) => target.command('-v', 'migrate-receive')],
  ] as const)(
    'is with %s what arrives as well, and the stream is as it was',
    async ([, command], { hosts }) => {
      const before = await hosts.source.create();
      const options = ['-i', '2', '-d', '0', '--debug'];
      const migration = hosts.migrate({ options, command: command(hosts.target) });
      const { stderr } = await migration.ended;
      await expectMoved(hosts, before);
      const passes = (migration.events().at(-1) as unknown as Complete).passes;
      const said = saidBy(stderr).filter((line) => !isProgress(line));
      expect(said.filter((line) => stock.includes(line))).toEqual(stock);
      const [first, second, last] = [passes[0]!, passes[1]!, passes.at(-1)!];
      expect(said.slice(0, 4)).toEqual([
        ...[stock[0], 'Receiving busy.', 'The header of the image says x86-hvm, Xen 4.17.'],
        matching(new RegExp(`^Pass 0: ${first.sentPages} pages, .* in .*/s\\.$`)),
      ]);
      expect(said[4]).toEqual(matching(new RegExp(`^Pass 1: ${second.sentPages} pages, `)));
      expect(said.slice(-6, -2)).toEqual([
        matching(new RegExp(`^Pass [2-9] \\(compared\\): ${last.sentPages} pages, `)),
        matching(/^The image is complete: \d+ pages, /),
        ...['The domain is restored, as domid 1.', stock[1]],
      ]);
    },
  );
});

describe.concurrent('options', () => {
  test('-p leaves it paused at the target', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    // Over ssh the rune carries it; here the test writes the command.
    expect(await hosts.migrate({ options: ['-p'], receive: ['-p'] }).ended).toMatchObject({ status: 0 });
    await target.quiet();
    expect(await target.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    const after = target.console('busy');
    expect(after.read()).toBe('');
    await target.done('unpause', 'busy');
    await after.moreTicks(3);
    expect(flaws(before, after)).toEqual([]);
  });

  test('-s SSHCOMMAND gets the host, and the options for the other end', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    const said = hosts.path('rune');
    // In place of ssh: records its arguments, then serves as the target.
    const ssh = `env MIG_HOST_DIR=${target.folder} sh -c 'echo "$@" >${said}; ${target.receiver('-p')}' ssh`;
    expect(
      await source.xl('-vv', 'migrate', '-p', '-e', '--debug', '-s', ssh, 'busy', 'far.example'),
    ).toMatchObject({ status: 0 });
    expect(readFileSync(said, 'utf8')).toBe('far.example xl -vv migrate-receive -e -d -p\n');
  });

  test('-D keeps its domid', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create({ name: 'first', kernel: 'idle', cmdline: '' });
    await source.done('destroy', 'first');
    const before = await source.create();
    expect(await source.domains()).toMatchObject([{ domid: 2 }]);
    expect(await hosts.migrate({ options: ['-D'] }).ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    expect(await target.domains()).toMatchObject([{ domid: 2 }]);
  });

  test('-C sends another configuration', async ({ hosts }) => {
    const before = await hosts.source.create();
    const config = await hosts.target.configure({ name: 'other' });
    expect(await hosts.migrate({ options: ['-C', config] }).ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before, 'other');
  });
});
