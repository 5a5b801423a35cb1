/**
 * Tests of commands that look at a domain, and act only when it is held by another, elsewhere, or another
 * domain's altogether.
 */
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { Hold } from '../../tooling/faults/hold.mjs';
import { eventually } from '../harness/eventually.js';
import { containing, expectMoved, expectRunsOn } from '../harness/expectations.js';
import type { Program } from '../harness/program.js';
import { BEFORE_READY, heldBack } from '../harness/relay.js';
import type { TestHost } from '../harness/test-host.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

const READY = 34;
/** The point before acting: a command opens the domain's folder once to look, and once more to act. */
const BEFORE_ACTING = { pattern: '/domains/\\d+$', nth: { main: 2 } };

interface Late {
  /** Lets the command act, and gives its end. */
  act(): Promise<{ status: unknown; stderr: string }>;
}

/** Starts a command and stops it between its look and its act. */
async function looked(hosts: TwoHosts, host: TestHost, ...args: string[]): Promise<Late> {
  const hold = new Hold(hosts.path(`hold-${args.join('-')}`), BEFORE_ACTING);
  const program = host.startWith(hold.environment, ...args);
  await eventually(`${args.join(' ')} to have looked`, () => hold.isHeld || undefined);
  return {
    act: async () => {
      hold.go();
      try {
        return await program.ended;
      } finally {
        hold.close();
      }
    },
  };
}

/** Starts a migration that stops before ready, and again before the report. */
function gated(hosts: TwoHosts): { migration: Program; ready: () => void; report: () => void } {
  const gates = ['ready', 'report'].map((name) => hosts.path(name)) as [string, string];
  const faults = [heldBack(BEFORE_READY, gates[0]), heldBack(BEFORE_READY + READY, gates[1])].flatMap(
    (plan) => plan.faults ?? [],
  );
  return {
    migration: hosts.migrate({ relay: { backward: { faults } } }),
    ready: () => writeFileSync(gates[0], ''),
    report: () => writeFileSync(gates[1], ''),
  };
}

const in_ = (state: string) => (event: Record<string, unknown>) => event['state'] === state;
const STALE = containing('was suspended, resumed or moved since this command has looked at it');

describe.concurrent('a command that has looked before', () => {
  test.for([['resume'], ['resume', '--force'], ['destroy'], ['rename']])(
    'the domain was sent away leaves it alone: %s',
    async ([command, ...options], { hosts }) => {
      const { source } = hosts;
      const before = await source.create();
      const { migration, ready, report } = gated(hosts);
      await migration.untilEvent('the wait for ready', in_('awaiting-ready'));
      const operands = command === 'rename' ? ['busy', 'other'] : ['busy'];
      const late = await looked(hosts, source, command!, ...options, ...operands);
      ready();
      await migration.untilEvent('the wait for the report', in_('awaiting-report'));
      expect(await late.act()).toMatchObject({ status: 1, stderr: STALE });
      report();
      expect(await migration.ended).toMatchObject({ status: 0 });
      await expectMoved(hosts, before);
    },
  );

  test('the domain had moved finds no domain', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const late = await looked(hosts, source, 'destroy', 'busy');
    expect(await hosts.migrate().ended).toMatchObject({ status: 0 });
    expect(await late.act()).toMatchObject({ status: 1, stderr: containing('there is no domain') });
    expect(await source.xl('destroy', 'busy')).toMatchObject({
      status: 1,
      stderr: containing('busy is an invalid domain identifier (rc=-6): it was moved through the command '),
    });
    await expectMoved(hosts, before);
  });

  test('a domain with its domid was another leaves that one alone', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create({ name: 'old', kernel: 'idle', cmdline: '' });
    const late = await looked(hosts, source, 'destroy', 'old');
    await source.done('destroy', 'old');
    // With its domid there, 1.
    const before = await target.create();
    const receiver = source.receiver();
    expect(await target.xl('migrate', '-D', '-s', '', 'busy', receiver)).toMatchObject({ status: 0 });
    // The domain that it looked at is gone, and no other is taken for it.
    expect(await late.act()).toMatchObject({
      status: 1,
      stderr: containing('there is no domain with domid 1'),
    });
    await expectMoved({ source: target, target: source }, before);
  });

  test('it was abandoned revives it, as nothing has changed since', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const { migration, ready } = gated(hosts);
    await migration.untilEvent('the wait for ready', in_('awaiting-ready'));
    const late = await looked(hosts, source, 'resume', 'busy');
    migration.kill('SIGKILL');
    await migration.exited;
    ready();
    await target.quiet();
    await eventually('it to be abandoned', async () => {
      const [domain] = await source.domains();
      return domain?.standing === 'abandoned' || undefined;
    });
    expect(await late.act()).toMatchObject({ status: 0 });
    await expectRunsOn(source, console);
  });
});

describe.concurrent('a copy that has arrived', () => {
  test('cannot be saved or moved on before permission, and runs once it comes', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    const { migration, ready, report } = gated(hosts);
    await migration.untilEvent('the wait for ready', in_('awaiting-ready'));
    await eventually('the copy', async () => (await target.domains()).length > 0 || undefined);
    const late = await looked(hosts, target, 'unpause', 'busy--incoming');
    ready();
    report();
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(await late.act()).toMatchObject({ status: 1, stderr: STALE });
    await expectMoved(hosts, before);
  });
});
