/** Tests of what the table of commands refuses while a domain is held: the real `xl`, in each standing. */
import { writeFileSync } from 'node:fs';
import { commandTable, type DomainCommand, type Standing } from '@mig/protocol/handshake';
import { describe, expect } from 'vitest';
import { eventually } from '../harness/eventually.js';
import { expectEmpty, expectMoved, expectRunsOn } from '../harness/expectations.js';
import type { Program } from '../harness/program.js';
import { BEFORE_READY, type DirectionPlan, heldBack } from '../harness/relay.js';
import type { TestHost } from '../harness/test-host.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

const READY = 34;

/** A domain in a standing, and how it continues. */
interface Scene {
  readonly host: TestHost;
  readonly name: string;
  readonly goOn: () => Promise<void>;
}

type Held = Exclude<Standing, 'free'>;

/** Scenes by standing; `prepare` is called before the domain is migrated. */
const scenes: Record<Held, (hosts: TwoHosts, prepare?: () => Promise<unknown>) => Promise<Scene>> = {
  taken: async (hosts) => {
    const gate = hosts.path('gate');
    // Within the first pass, which is more than pipes hold.
    const { before, migration } = await migrating(hosts, { forward: heldBack(100_000, gate) }, 'precopy');
    return scene(hosts.source, 'busy', async () => {
      writeFileSync(gate, '');
      await moved(hosts, migration, before);
    });
  },
  suspended: async (hosts) => {
    const gate = hosts.path('gate');
    const { before, migration } = await migrating(
      hosts,
      { backward: heldBack(BEFORE_READY, gate) },
      'awaiting-ready',
    );
    return scene(hosts.source, 'busy', async () => {
      writeFileSync(gate, '');
      await moved(hosts, migration, before);
    });
  },
  sent: async (hosts) => {
    const gate = hosts.path('gate');
    const relay = { backward: heldBack(BEFORE_READY + READY, gate) };
    const { before, migration } = await migrating(hosts, relay, 'awaiting-report');
    return scene(hosts.source, 'busy--migratedaway', async () => {
      writeFileSync(gate, '');
      await moved(hosts, migration, before);
    });
  },
  abandoned: async (hosts) => {
    const gate = hosts.path('gate');
    const relay = { backward: heldBack(BEFORE_READY, gate) };
    const { before, migration } = await migrating(hosts, relay, 'awaiting-ready');
    await killed(hosts, migration, gate);
    await expectEmpty(hosts.target);
    return scene(hosts.source, 'busy', async () => {
      await hosts.source.done('resume', 'busy');
      await expectRunsOn(hosts.source, before);
    });
  },
  away: async (hosts, prepare) => {
    const gate = hosts.path('gate');
    const relay = { backward: heldBack(BEFORE_READY + READY, gate) };
    const { before, migration } = await migrating(hosts, relay, 'awaiting-report', prepare);
    await killed(hosts, migration, gate);
    return scene(hosts.source, 'busy--migratedaway', async () => {
      await hosts.source.done('destroy', 'busy--migratedaway');
      await expectMoved(hosts, before);
    });
  },
  incoming: async (hosts) => {
    const gate = hosts.path('gate');
    const { before, migration } = await migrating(
      hosts,
      { backward: heldBack(BEFORE_READY, gate) },
      'awaiting-ready',
    );
    await eventually('the copy', async () => (await hosts.target.domains()).length > 0 || undefined);
    return scene(hosts.target, 'busy--incoming', async () => {
      writeFileSync(gate, '');
      await moved(hosts, migration, before);
    });
  },
};

function scene(host: TestHost, name: string, goOn: () => Promise<void>): Scene {
  return { host, name, goOn };
}

async function migrating(
  hosts: TwoHosts,
  relay: { forward?: DirectionPlan; backward?: DirectionPlan },
  state: string,
  prepare?: () => Promise<unknown>,
) {
  const before = await hosts.source.create();
  await prepare?.();
  const migration = hosts.migrate({ relay });
  await migration.untilEvent(state, (event) => event['state'] === state);
  return { before, migration };
}

async function killed({ source, target }: TwoHosts, migration: Program, gate: string): Promise<void> {
  migration.kill('SIGKILL');
  await migration.exited;
  writeFileSync(gate, '');
  await source.quiet();
  await target.quiet();
}

async function moved(hosts: TwoHosts, migration: Program, before: Parameters<typeof expectMoved>[1]) {
  expect(await migration.ended).toMatchObject({ status: 0 });
  await expectMoved(hosts, before);
}

/**
 * The arguments of each command on a domain; commands about another domain of its UUID have tests of their
 * own.
 */
const commandLines: Record<DomainCommand, ((name: string, hosts: TwoHosts) => string[]) | undefined> = {
  list: (name) => ['list', name],
  pause: (name) => ['pause', name],
  unpause: (name) => ['unpause', name],
  rename: (name) => ['rename', name, 'another'],
  resume: (name) => ['resume', name],
  'resume --force': (name) => ['resume', '--force', name],
  destroy: (name) => ['destroy', name],
  'dirty-rate': (name) => ['dirty-rate', '--period', '1', name],
  save: (name, hosts) => ['save', name, hosts.path('other.image')],
  migrate: (name, hosts) => ['migrate', '-s', '', name, `MIG_HOST_DIR=${hosts.path('third')} false`],
  create: undefined,
  receive: undefined,
};

describe.concurrent('what the table refuses is refused, said, and changes nothing', () => {
  test.for(Object.keys(scenes) as Held[])('while a domain is %s', async (standing, { hosts }) => {
    const { host, name, goOn } = await scenes[standing](hosts);
    const look = async () => (await host.domains()).map((domain) => ({ ...domain, cpuSeconds: 0 }));
    const before = await look();
    expect(before).toMatchObject([{ name, standing }]);
    const refused = (Object.keys(commandTable) as DomainCommand[]).filter(
      (command) => commandTable[command][standing] !== 'does',
    );
    for (const command of refused) {
      const line = commandLines[command]?.(name, hosts);
      if (line === undefined) continue;
      const { status, stderr } = await host.xl(...line);
      expect({ command, status }).toEqual({ command, status: 1 });
      expect(stderr, command).toContain(name.replace(/--.*/, ''));
      expect(await look(), command).toEqual(before);
    }
    await goOn();
  });
});

describe.concurrent('a paused domain', () => {
  test('arrives paused, which is said', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    await source.done('pause', 'busy');
    const { status, stderr } = await hosts.migrate({ words: true }).ended;
    expect(status).toBe(0);
    expect(stderr).toContain(
      "busy was paused at the source, and is paused here: 'xl unpause busy' lets it run",
    );
    expect(await target.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    await target.done('unpause', 'busy');
    await expectMoved(hosts, before);
  });

  test('arrives paused where it was paused during its migration', async ({ hosts }) => {
    const { source, target } = hosts;
    const gate = hosts.path('gate');
    const { before, migration } = await migrating(hosts, { forward: heldBack(100_000, gate) }, 'precopy');
    await source.done('pause', 'busy');
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
    expect(await target.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    await target.done('unpause', 'busy');
    await expectMoved(hosts, before);
  });

  test('is paused once it is saved and restored', async ({ hosts }) => {
    const { source } = hosts;
    const image = hosts.path('busy.image');
    await source.create();
    await source.done('pause', 'busy');
    await source.done('save', 'busy', image);
    const { status, stderr } = await source.xl('restore', image);
    expect(status).toBe(0);
    expect(stderr).toContain(
      "busy was paused when it was saved, and is paused: 'xl unpause busy' lets it run",
    );
    expect(await source.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    await source.done('unpause', 'busy');
    await expectRunsOn(source, source.console('busy'));
  });
});

describe.concurrent('a second copy of a domain', () => {
  test('is not created, restored or received where the first is', async ({ hosts }) => {
    const { source, target } = hosts;
    const image = hosts.path('busy.image');
    const console = await source.create();
    await source.done('save', '-c', 'busy', image);
    await source.done('rename', 'busy', 'other');
    const refusal = {
      status: 1,
      stderr: expect.stringMatching(/other, domid 1, is this very domain/) as string,
    };
    expect(await source.xl('restore', image)).toMatchObject(refusal);
    const [{ uuid }] = (await source.domains()) as unknown as [{ uuid: string }];
    const configuration = await source.configure({ name: 'third' });
    expect(await source.xl('create', configuration, `uuid="${uuid}"`)).toMatchObject(refusal);
    // From a host that has it, too.
    const elsewhere = await target.xl('restore', image);
    expect(elsewhere).toMatchObject({ status: 0 });
    const back = await target.xl('migrate', '-s', '', 'busy', source.receiver());
    expect(back).toMatchObject(refusal);
    expect(back.stderr).not.toContain('pass 0');
    expect(await source.domains()).toHaveLength(1);
    await target.done('destroy', 'busy');
    await expectRunsOn(source, console, 'other');
  });

  test('that was sent away is not resumed where the domain has come home', async ({ hosts }) => {
    const { source, target } = hosts;
    const image = hosts.path('old.image');
    await scenes.away(hosts, () => source.done('save', '-c', 'busy', image));
    await eventually('the domain there', async () => {
      const [domain] = await target.domains();
      return domain?.state === 'running' || undefined;
    });
    expect(await source.xl('restore', image)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/busy--migratedaway, domid 1, .* was sent to another host/) as string,
    });
    const home = await target.xl('migrate', '-s', '', 'busy', source.receiver());
    expect(home).toMatchObject({ status: 0 });
    expect(await source.xl('resume', '--force', 'busy--migratedaway')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/busy, domid 2, is this very domain .* 'xl destroy' the one/) as string,
    });
    await source.done('destroy', 'busy--migratedaway');
    await expectRunsOn(source, source.console('busy'));
  });
});
