/** Tests of `xl migrate --trace` and `xl trace`. */
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { faultsOf } from '../../apps/xl/src/view/events-schema.test-support.js';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import { Program } from '../harness/program.js';
import type { TestHost } from '../harness/test-host.js';
import { test } from '../harness/two-hosts.js';

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

async function shown(host: TestHost, path: string): Promise<Line[]> {
  const text = await host.done('trace', 'show', '--json', path);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const only = (lines: readonly Line[], event: string) => lines.filter((line) => line.event === event);

describe.concurrent('a trace', () => {
  test('has all that happened, as --json said it; --json is as its schema says', async ({ hosts }) => {
    const before = await hosts.source.create();
    const path = hosts.path('busy.trace');
    const options = ['--max-downtime', '40', '-i', '6', '--bandwidth', '80MB/s', '--trace', path];
    const migration = hosts.migrate({ options: [...options, '--trace-bitmaps'] });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);

    const said = migration.events() as unknown as Line[];
    expect(said[0]).toEqual({ event: 'schema', of: 'xl migrate', version: 1 });
    expect(said.flatMap(faultsOf)).toEqual([]);

    const lines = await shown(hosts.source, path);
    expect(lines[0]).toEqual({ event: 'schema', of: 'xl trace show', version: 1 });
    expect(lines[1]).toMatchObject({
      event: 'header',
      domain: 'busy',
      pageCount: 4096,
      settings: { 'max-downtime': 40, 'precopy-iterations': 6, bandwidth: 80_000_000 },
    });
    expect(lines.at(-1)).toEqual({ event: 'end', trace: 'whole', finished: true });
    const times = lines.slice(1, -1).map(({ at }) => at as number);
    expect(times).toEqual([...times].sort((a, b) => a - b));

    expect(only(lines, 'state').map(({ state }) => state)).toEqual(
      only(said, 'source-state').map(({ state }) => state),
    );
    const figures = ({ kind, iteration, dirtyPages, sentPages, octets }: Line) => ({
      kind, iteration, dirtyPages, sentPages, octets,
    }); // prettier-ignore
    expect(only(lines, 'pass').map(figures)).toEqual(only(said, 'pass').map(figures));
    const { downtimeMilliseconds, octetsSent } = said.at(-1)!;
    const [complete] = only(lines, 'complete');
    expect(complete).toMatchObject({ octetsSent });
    expect(complete!['downtimeMilliseconds']).toBeCloseTo(downtimeMilliseconds as number, 2);

    // Consulted about every batch of every live pass.
    const asked = only(lines, 'consulted');
    expect(asked.length).toBeGreaterThan(only(said, 'consulted').length - 1);
    expect(asked.at(-1)).toMatchObject({
      decision: 'stop-and-copy',
      code: only(said, 'precopy-ended')[0]!['code'],
    });

    const reads = only(lines, 'log-read') as unknown as { dirtyPages: number; dirty: [number, number][] }[];
    expect(reads.length).toBeGreaterThan(0);
    for (const { dirtyPages, dirty } of reads) {
      expect(dirty.reduce((sum, [, count]) => sum + count, 0)).toBe(dirtyPages);
    }
  });

  test('says what the operator has changed while it was made', async ({ hosts }) => {
    const before = await hosts.source.create();
    const path = hosts.path('busy.trace');
    const migration = hosts.migrate({ options: ['--bandwidth', '100kB/s', '--trace', path] });
    await migration.untilEvent('a pass under way', ({ event }) => event === 'progress');
    const said = await hosts.source.done(
      'migrate-set', '--json', '--bandwidth', 'none', '--max-downtime', '500', 'busy',
    ); // prettier-ignore
    const course = { precopyIterations: 30, maxDowntimeMilliseconds: 500 };
    expect(JSON.parse(said)).toEqual({
      schema: 1, event: 'course', domid: 1, domain: 'busy', target: 'the target', course,
    }); // prettier-ignore
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    const lines = await shown(hosts.source, path);
    expect(only(lines, 'course')).toMatchObject([{ settings: { 'max-downtime': 500 } }]);
    expect(await hosts.source.done('trace', 'show', path)).toMatch(
      / {2}the operator has changed the settings: --max-downtime 500 ms\n/,
    );
  });

  test('of a migration that is killed tells up to then, and makes a report', async ({ hosts }) => {
    const console = await hosts.source.create();
    const path = hosts.path('busy.trace');
    const migration = hosts.migrate({ options: ['--bandwidth', '2MB/s', '--trace', path] });
    await migration.untilEvent('a pass under way', ({ event }) => event === 'progress');
    migration.kill('SIGKILL');
    await migration.ended;
    await hosts.source.quiet();
    await expectEmpty(hosts.target);

    const lines = await shown(hosts.source, path);
    expect(lines.at(-1)).toEqual({ event: 'end', trace: 'whole', finished: false });
    const seen = lines.map(({ event }) => event);
    expect(seen).toEqual(expect.arrayContaining(['header', 'state', 'pass-started', 'consulted']));
    expect(seen).not.toContain('pass');
    expect(await hosts.source.done('trace', 'show', path)).toMatch(
      /\nthe trace ends before the migration does\n$/,
    );

    const page = hosts.path('report.html');
    await hosts.source.done('trace', 'report', path, page);
    expect(readFileSync(page, 'utf8')).toContain('precopy, not finished');
    await hosts.source.done('destroy', 'busy');
    expect(console.read()).toContain('tick');
  });

  test('that is torn or damaged says where, after what is whole', async ({ hosts }) => {
    await hosts.source.create();
    const path = hosts.path('busy.trace');
    expect(await hosts.migrate({ options: ['--trace', path], command: 'exec false' }).ended).toMatchObject({
      status: 1,
    });
    const whole = await shown(hosts.source, path);
    expect(whole.at(-2)).toMatchObject({ event: 'failed', exitStatus: 1, outcome: 'untouched' });
    expect(whole.at(-1)).toMatchObject({ finished: true });

    truncateSync(path, statSync(path).size - 1);
    const torn = await shown(hosts.source, path);
    expect(torn.slice(0, -1)).toEqual(whole.slice(0, -2));
    expect(torn.at(-1)).toMatchObject({ event: 'end', trace: 'torn', finished: false });
    expect(await hosts.source.done('trace', 'show', path)).toMatch(
      /\nthe trace is torn: \d+ bytes of an incomplete/,
    );

    truncateSync(path, (torn.at(-1) as unknown as { offset: number }).offset);
    writeFileSync(path, Buffer.alloc(8), { flag: 'a' });
    const { status, stdout } = await hosts.source.xl('trace', 'show', path);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: matching(/\nthe trace is damaged at byte \d+: /),
    });

    writeFileSync(path, 'no trace at all');
    expect(await hosts.source.xl('trace', 'show', path)).toMatchObject({
      status: 1,
      stderr: containing(`${path} is not a trace that can be read`),
    });
    await hosts.source.done('destroy', 'busy');
  });

  test('on a full disk ends early, which is said; the domain moves', async ({ hosts }) => {
    const before = await hosts.source.create();
    const page = hosts.path('report.svg');
    const migration = hosts.migrate({ options: ['--trace', '/dev/full', '--report', page] });
    expect(await migration.ended).toMatchObject({ status: 0 });
    const said = migration.events() as unknown as Line[];
    expect(only(said, 'note')).toEqual([
      { event: 'note', text: containing('the trace ends early: /dev/full: no space left on the device') },
    ]);
    expect(said.flatMap(faultsOf)).toEqual([]);
    await expectMoved(hosts, before);
    // The report has its records from memory.
    expect(readFileSync(page, 'utf8')).toContain('Succeeded: downtime ');
  });

  test('that cannot be written, or makes no sense, is refused by name, and nothing is touched', async ({
    hosts,
  }) => {
    const before = await hosts.source.create();
    const same = hosts.path('a.html');
    const pipe = hosts.path('pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [options, status, words] of [
      [
        ['--trace', hosts.path('none/trace')],
        1,
        matching(/--trace .*none\/trace cannot be written: no such file/),
      ],
      [['--trace', hosts.folder], 1, containing('cannot be written: it is a directory')],
      [['--trace', pipe], 1, containing('a pipe, whose reader could hold the migration up')],
      // A terminal of its own, whose other end nobody has.
      [['--trace', '/dev/ptmx'], 1, containing('a terminal, whose reader could hold the migration up')],
      [['--trace-bitmaps'], 2, containing('--trace-bitmaps without --trace')],
      [['--trace', same, '--report', same], 2, containing('are the same file')],
    ] as const) {
      const { status: ended, stderr } = await hosts.migrate({ options, command: 'touch touched' }).ended;
      expect({ ended, stderr }).toEqual({ ended: status, stderr: words });
    }
    expect(readdirSync('.')).not.toContain('touched');
    await expectRunsOn(hosts.source, before);
  });
});

test('what draws reports is loaded for reports alone', async ({ hosts }) => {
  const loadedBy = async (...args: string[]): Promise<string[]> => {
    const coverage = mkdtempSync(join(tmpdir(), 'mig-coverage-'));
    try {
      const main = new URL('../../apps/xl/bin/xl.js', import.meta.url).pathname;
      const environment = { MIG_HOST_DIR: hosts.source.folder, NODE_V8_COVERAGE: coverage };
      await new Program(process.execPath, [main, ...args], { environment }).ended;
      return readdirSync(coverage).flatMap((file) =>
        (JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] }).result.map(
          ({ url }) => url,
        ),
      );
    } finally {
      rmSync(coverage, { recursive: true });
    }
  };
  const library = /node_modules\/(vega|d3-)|\/dist\/drawing\.mjs$/;
  expect((await loadedBy('list')).filter((url) => library.test(url))).toEqual([]);
  expect((await loadedBy('migrate', 'none', 'host')).filter((url) => library.test(url))).toEqual([]);

  await hosts.source.create({ kernel: 'idle', cmdline: '' });
  const path = hosts.path('a.trace');
  expect(await hosts.migrate({ options: ['--trace', path] }).ended).toMatchObject({ status: 0 });
  const drawn = await loadedBy('trace', 'report', path, hosts.path('a.svg'));
  expect(drawn.some((url) => library.test(url))).toBe(true);
});
