/** Tests of a host that takes no arrivals: decided by the target, before anything is touched. */
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from './harness/expectations.js';
import { test } from './harness/two-hosts.js';
import { faultsIn } from '../apps/xl/src/view/events-schema.test-support.js';

describe('a host that is cordoned', () => {
  test('refuses a domain, which runs on at its source, and takes it once it is open again', async ({
    hosts,
  }) => {
    const console = await hosts.source.create();
    expect(await hosts.target.done('cordon', 'a new disk')).toMatch(
      /^No domain may arrive, cordoned since \S+ by \S+: a new disk\. From before, no domains are arriving\.\n$/,
    );
    const { status, stderr } = await hosts.migrate({ words: true }).ended;
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: matching(
        /^Migration failed: the target refused the domain: no domain may arrive, cordoned since \S+ by \S+: a new disk\.\nbusy was not touched: it runs here as before\.$/m,
      ),
    });
    // The source's own lines may come in between.
    expect(stderr).toMatch(
      /^migration target: no domain may arrive, .*\n[^]*^migration target: Nothing was received\.$/m,
    );
    expect(stderr).not.toMatch(/Likely cause|The command was|transport process|Ready to receive/);
    const failed = hosts.migrate();
    expect((await failed.ended).status).toBe(1);
    const last = failed.events().at(-1);
    expect(last).toMatchObject({ event: 'failed', refusal: 'cordoned', outcome: 'untouched', exitStatus: 1 });
    expect(faultsIn('migrate-events')(last)).toEqual([]);
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);

    const check = ['migrate', '--check', '--json', '-s', '', 'busy'];
    const receiver = hosts.target.command('migrate-receive', '--check');
    const { status: verdict, stdout } = await hosts.source.xl(...check, receiver);
    expect(verdict).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'failed',
      checks: expect.arrayContaining([
        { at: 'target', check: 'cordon', outcome: 'failed', sentence: containing('a new disk') },
        { at: 'target', check: 'arrivals', outcome: 'passed', sentence: containing('any number') },
      ]) as unknown,
    });
    const shown = JSON.parse(await hosts.target.done('cordon', '--status', '--json')) as unknown;
    expect(shown).toMatchObject({ cordoned: true, reason: 'a new disk', arriving: 0 });
    expect(faultsIn('cordon')(shown)).toEqual([]);

    await hosts.target.done('uncordon');
    expect((await hosts.migrate().ended).status).toBe(0);
    await expectMoved(hosts, console);
  });

  test('lets an arrival go on that is under way, and a restore by hand', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const image = hosts.path('idle.image');
    await source.create({ name: 'idle', kernel: 'idle', memory: 1, cmdline: '' });
    await source.done('save', 'idle', image);
    const migration = hosts.migrate({ options: ['-i', '1000000', '-d', '0', '--bandwidth', '5MB/s'] });
    await migration.untilEvent('the first pass', ({ event }) => event === 'pass');
    expect(await target.done('cordon')).toContain('From before, 1 domain is arriving, and goes on.\n');
    await source.done('migrate-switchover', 'busy');
    expect((await migration.ended).status).toBe(0);
    const { status, stderr } = await target.xl('restore', image);
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: matching(/^this host is cordoned since .*; this domain is restored all the same/m),
    });
    await target.done('destroy', 'idle');
    await expectMoved(hosts, console);
  });
});
