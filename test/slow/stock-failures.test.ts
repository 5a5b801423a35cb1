/** Plays the recorded failures of stock `xl migrate` with ours. */
import { describe, expect } from 'vitest';
import { expectDocumented } from '../../packages/protocol/src/documents.test-support.js';
import { eventually } from '../harness/eventually.js';
import { flaws, type GuestConsole } from '../harness/guest-console.js';
import { processesOf } from '../../tooling/faults/processes.mjs';
import type { Ended, Program } from '../harness/program.js';
import { BEFORE_READY, type RelayPlan } from '../harness/relay.js';
import type { TestHost } from '../harness/test-host.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';
import { type End, type StockCase, type StockCaseId, stockCases } from './stock-cases.js';

/** A line on which 64 MiB take 16 seconds: enough to act in the middle of the stream. */
const slowLine: RelayPlan = { forward: { faults: [{ at: 0, act: 'slow', octetsPerSecond: 4 << 20 }] } };
/**
 * The cases. A case may end with a migration of its own; otherwise one is started with this receiver or
 * relay.
 */
const played: Record<StockCaseId, (hosts: TwoHosts) => Promise<Ended>> = {
  '1a': (hosts) => hosts.migrate({ command: 'exit 7' }).ended,
  '1b': (hosts) => hosts.migrate({ command: 'exec 1>&-; exec cat >/dev/null' }).ended,
  '2a': (hosts) =>
    hosts.migrate({
      command:
        "echo 'Last login: Thu Nov 19 from the console, on a host that greets its users'; cat >/dev/null",
    }).ended,
  '2b': (hosts) =>
    hosts.migrate({ command: "printf 'xl migration receiver re'; exec 1>&-; exec cat >/dev/null" }).ended,
  '3a': (hosts) => hosts.migrate({ command: `head -c 5000000 | (${hosts.target.receiver()})` }).ended,
  '3b': (hosts) => inTheMiddle(hosts, () => process.kill(receiverOf(hosts), 'SIGKILL')),
  '3c': (hosts) =>
    inTheMiddle(hosts, () => {
      for (const pid of [receiverOf(hosts), domainOf(hosts.target)]) process.kill(pid, 'SIGKILL');
    }),
  '4a': async (hosts) => {
    await hosts.target.create({ kernel: 'idle', cmdline: '' });
    return hosts.migrate().ended;
  },
  '4b': (hosts) => {
    const command = hosts.target.command('destroy', 'busy--incoming');
    return hosts.migrate({ relay: { backward: { faults: [{ at: BEFORE_READY, act: 'run', command }] } } })
      .ended;
  },
  '5a': (hosts) => inTheMiddle(hosts, (migration) => migration.kill('SIGKILL')),
  '5a, again': async (hosts) => {
    await inTheMiddle(hosts, (migration) => migration.kill('SIGKILL'));
    // Until the first copy has gone, it has the name that the second one's would have.
    await hosts.target.quiet();
    return hosts.migrate().ended;
  },
  '5b': (hosts) => inTheMiddle(hosts, (migration) => migration.kill('SIGTERM')),
  '5c': (hosts) =>
    inTheMiddle(hosts, (migration) => {
      expect(processesOf(hosts.source.folder).filter(({ command }) => /save/.test(command))).toEqual([]);
      migration.kill('SIGKILL');
    }),
};

async function inTheMiddle(hosts: TwoHosts, act: (migration: Program) => void): Promise<Ended> {
  const migration = hosts.migrate({ relay: slowLine });
  await migration.untilEvent('the first pass', ({ event }) => event === 'progress');
  act(migration);
  return migration.ended;
}

function receiverOf({ target }: TwoHosts): number {
  const found = processesOf(target.folder).find(({ command }) => /^\S+ \S*xl-receive\S*$/.test(command));
  if (found === undefined) throw new Error('nobody receives');
  return found.pid;
}

function domainOf(host: TestHost): number {
  const found = processesOf(host.folder).find(({ command }) => /domain\.cjs/.test(command));
  if (found === undefined) throw new Error('there is no domain');
  return found.pid;
}

/** The domains of a host; none is in log-dirty mode. */
async function seen(host: TestHost): Promise<string[]> {
  const domains = await host.domains();
  for (const { logDirty } of domains) expect(logDirty).toBe(false);
  return domains.map(({ name, state }) => `${name} ${state}`);
}

const domains: Record<End['source'] | End['target'], string[]> = {
  runs: ['busy running'],
  suspended: ['busy suspended'],
  'suspended, away': ['busy--migratedaway suspended'],
  none: [],
  'other domain only': ['busy running'],
  'incoming copy left behind': ['busy--incoming paused'],
};

describe.concurrent('what stock xl migrate was seen to do', () => {
  test.for<StockCase & { id: StockCaseId }>(stockCases)('$id: $what', async ({ id, ours }, { hosts }) => {
    const { source, target } = hosts;
    const before = await source.create({ memory: 64 });
    const { status } = await played[id](hosts);
    expect(status).toBe(ours.status);
    await source.quiet();
    await target.quiet();
    await eventually('the end of what was coming in', async () => {
      return (await target.domains()).every(({ name }) => name === 'busy') || undefined;
    });
    expect(await seen(source)).toEqual(domains[ours.source]);
    expect(await seen(target)).toEqual(domains[ours.target]);
    await expectLivesOn(before, ours, hosts);
  });
});

async function expectLivesOn(before: GuestConsole, { source }: End, { target }: TwoHosts): Promise<void> {
  const consoles = source === 'runs' ? [before] : [before, target.console('busy')];
  await consoles.at(-1)!.moreTicks(3);
  expect(flaws(...consoles)).toEqual([]);
}

test('docs/reliability.md has both', () => {
  const cell = (end: End): string =>
    [
      `exit status ${end.ends === false ? 'none: never ends' : end.status}`,
      `at the source: ${end.source}`,
      `at the target: ${end.target}`,
      ...(end.logDirty === undefined ? [] : [`log-dirty ${end.logDirty}`]),
    ].join('; ');
  const rows = (stockCases as readonly StockCase[]).map(({ id, what, stock, ours }) => {
    return `| ${id} | ${what} | ${cell(stock)} | ${cell(ours)} |`;
  });
  expectDocumented(
    'reliability.md',
    'stock beside ours',
    ['| | what happens | stock | ours |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  );
});
