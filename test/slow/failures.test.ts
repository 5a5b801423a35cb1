/** Tests of migrations that fail: the state of the domain at either end, and what the operator is told. */
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect } from 'vitest';
import { buildGuest } from '../../packages/hypervisor-wasm/src/guest/guest-builder.test-support.js';
import { eventually } from '../harness/eventually.js';
import { containing, expectEmpty, expectRunsOn, matching } from '../harness/expectations.js';
import { flaws } from '../harness/guest-console.js';
import { ImageLayout, type Place } from '../harness/image-layout.js';
import { processesOf } from '../../tooling/faults/processes.mjs';
import type { Program } from '../harness/program.js';
import { BEFORE_READY, heldBack, type RelayPlan } from '../harness/relay.js';
import { test, TwoHosts } from '../harness/two-hosts.js';

let layout: ImageLayout;

beforeAll(async () => {
  const hosts = await TwoHosts.open();
  try {
    await hosts.source.create();
    layout = await ImageLayout.of(hosts.source, 'busy');
  } finally {
    await hosts.close();
  }
});

interface ForwardFault {
  readonly act: 'cut' | 'corrupt';
  readonly at: Place;
  /** The target's message. */
  readonly says: string;
  /** The place in that message, in octets into the part; undefined if it names none. */
  readonly names: number | undefined;
  /** Whether it is a pure stop-and-copy: the domain is suspended at the time of the fault. */
  readonly suspended?: true;
}

const ENDED = 'the source ended the migration, or the connection to it broke';

/** Makes a fault: the target cannot tell a stream that is cut from one that the source has ended. */
function cut(part: string, octet: number): ForwardFault {
  return { act: 'cut', at: { part, octet }, says: ENDED, names: undefined };
}

function corrupt(part: string, octet: number, says: string): ForwardFault {
  return { act: 'corrupt', at: { part, octet }, says, names: 0 };
}

/** Faults, one of each kind and layer: @mig/protocol's own tests go through every octet. */
const forwardFaults: readonly ForwardFault[] = [
  cut('xl header', 100),
  cut('domain header', 9),
  cut('PAGE_DATA', 500_000),
  { ...cut('EMULATOR_CONTEXT', 50), suspended: true },
  corrupt('xl header', 0, 'not a domain saved by xl'),
  corrupt('libxl header', 0, 'not a libxl stream'),
  corrupt('image header', 0, 'not an image'),
  corrupt('PAGE_DATA', 7, 'libxc record 1 (PAGE_DATA)'),
  corrupt('PAGE_DATA', 20, 'is beyond the domain'),
  { ...corrupt('END', 0, 'a mandatory record of unknown type'), suspended: true },
  { ...corrupt('EMULATOR_CONTEXT', 16, 'the state of the vCPU'), names: undefined, suspended: true },
];

describe.concurrent('a stream that arrives damaged', () => {
  test.for(forwardFaults)('$act in $at.part, octet $at.octet', async (fault, { hosts }) => {
    const { act, at, suspended = false, says, names } = fault;
    const console = await hosts.source.create();
    const { status, stderr } = await hosts.migrate({
      words: true,
      options: suspended ? ['-i', '0'] : [],
      relay: { forward: { faults: [{ at: layout.offset(at), act }] } },
    }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain(says);
    // Counted as in `xl stream`, so that an operator can find the place in a captured stream.
    if (names !== undefined) {
      expect(stderr).toContain(`at byte ${layout.offset({ part: at.part, octet: names })}`);
    }
    expect(stderr).toContain(
      suspended ? 'busy was suspended and has been resumed' : 'busy keeps running here',
    );
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });
});

const READY = 34;
const REPORT = 39;

interface BackwardFault {
  readonly what: string;
  readonly act: 'cut' | 'corrupt';
  readonly at: number;
  readonly says: RegExp;
}

const beforePermission: readonly BackwardFault[] = [
  { what: 'the banner', act: 'cut', at: 20, says: /broke off within its banner[^]*was not touched/ },
  { what: 'the banner', act: 'corrupt', at: 5, says: /in place of its banner[^]*was not touched/ },
  { what: 'the ready message', act: 'cut', at: BEFORE_READY, says: /ready message[^]*has been resumed/ },
  {
    what: 'the ready message',
    act: 'corrupt',
    at: BEFORE_READY + 3,
    says: /ready message[^]*has been resumed/,
  },
];

const afterPermission: readonly BackwardFault[] = [
  { what: 'the report', act: 'cut', at: BEFORE_READY + READY, says: /report/ },
  {
    what: 'the report',
    act: 'cut',
    at: BEFORE_READY + READY + REPORT,
    says: /hung up before the status in the report/,
  },
  { what: 'the report', act: 'corrupt', at: BEFORE_READY + READY + 1, says: /instead of the report/ },
  {
    what: 'its status',
    act: 'corrupt',
    at: BEFORE_READY + READY + REPORT,
    says: /permission to have the domain back/,
  },
];

describe.concurrent('an answer that arrives damaged', () => {
  test.for(beforePermission)('$act in $what: the domain runs at the source', async (fault, { hosts }) => {
    const { act, at, says } = fault;
    const console = await hosts.source.create();
    const relay: RelayPlan = { backward: { faults: [{ at, act }] } };
    const { status, stderr } = await hosts.migrate({ words: true, relay }).ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(says);
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test.for(afterPermission)('$act in $what: never two running', async (fault, { hosts }) => {
    const { source, target } = hosts;
    const { act, at, says } = fault;
    const before = await source.create();
    const relay: RelayPlan = { backward: { faults: [{ at, act }] } };
    const { status, stderr } = await hosts.migrate({ words: true, relay }).ended;
    expect(status).toBe(3);
    expect(stderr).toMatch(says);
    expect(stderr).toContain('busy may be running at the target');
    expect(await source.domains()).toMatchObject([
      { name: 'busy--migratedaway', state: 'suspended', logDirty: false, sentTo: containing('xl-receive') },
    ]);
    expect(await source.xl('resume', 'busy--migratedaway')).toMatchObject({
      status: 1,
      stderr: matching(/was sent through the command '.*xl-receive.*look there first.* --force/),
    });
    await target.quiet();
    const after = target.console('busy');
    await expectRunsOn(target, after);
    expect(flaws(before, after)).toEqual([]);
  });
});

/**
 * Options for no live pass: the stream is as long as a saved one, except for the growth of the guest's
 * counters.
 */
const known = ['-i', '0'];
/** The middle of the permission's 44 octets, for the same. */
const permission = { part: 'permission', octet: 22 };

describe.concurrent('permission that arrives damaged', () => {
  test('is none: the target destroys its copy and gives the domain back', async ({ hosts }) => {
    const console = await hosts.source.create();
    const at = layout.offset(permission);
    const relay: RelayPlan = { forward: { faults: [{ at, act: 'corrupt' }] } };
    const { status, stderr } = await hosts.migrate({ words: true, options: known, relay }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('migration target: Failure, destroying our copy.');
    expect(stderr).not.toContain('Got permission');
    expect(stderr).toContain('busy was suspended and has been resumed');
    await expectEmpty(hosts.target);
    await expectRunsOn(hosts.source, console);
  });

  test('in part leaves nobody running it, until the operator has looked', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const at = layout.offset(permission);
    const relay: RelayPlan = { forward: { faults: [{ at, act: 'cut' }] } };
    const { status, stderr } = await hosts.migrate({ words: true, options: known, relay }).ended;
    expect(status).toBe(3);
    expect(stderr).toContain('busy may be running at the target');
    expect(await source.domains()).toMatchObject([{ name: 'busy--migratedaway', state: 'suspended' }]);
    await expectEmpty(target);
    await source.done('resume', '--force', 'busy--migratedaway');
    await expectRunsOn(source, console);
  });
});

describe.concurrent('a guest that does not suspend in time', () => {
  test('is not migrated, and runs on', async ({ hosts }) => {
    const { source, target } = hosts;
    // run() never returns: loop, br 0, end, unreachable.
    const kernel = hosts.path('spinning.wasm');
    writeFileSync(kernel, buildGuest({ run: [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00] }));
    await source.done('create', '-q', await source.configure({ kernel, cmdline: '' }));
    const { status, stderr } = await hosts.migrate({ words: true, options: ['--suspend-timeout', '0.3'] })
      .ended;
    expect(status).toBe(1);
    expect(stderr).toContain('did not finish its quantum within 0.3 s');
    expect(stderr).toContain('busy keeps running here');
    expect(await source.domains()).toMatchObject([{ name: 'busy', state: 'running', logDirty: false }]);
    await expectEmpty(target);
  });
});

describe.concurrent('a target that cannot have the domain', () => {
  test('because the name is taken refuses it before a page is sent', async ({ hosts }) => {
    const { source, target } = hosts;
    const theirs = await target.create({ kernel: 'idle', cmdline: '' });
    const ours = await source.create({ memory: 64 });
    const { status, stderr } = await hosts.migrate({ words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('there is a domain called busy already');
    expect(stderr).not.toContain('pass 0');
    await target.quiet();
    await expectRunsOn(target, theirs);
    await expectRunsOn(source, ours);
  });

  test('because the name is taken meanwhile gives permission back, and the source runs it', async ({
    hosts,
  }) => {
    const { source, target } = hosts;
    const ours = await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ words: true, relay: { backward: heldBack(BEFORE_READY, gate) } });
    await eventually('the copy', async () => {
      const copies = await target.domains();
      return copies.some(({ name }) => name === 'busy--incoming') || undefined;
    });
    const theirs = await target.create({ kernel: 'idle', cmdline: '' });
    writeFileSync(gate, '');
    const { status, stderr } = await migration.ended;
    expect(status).toBe(1);
    expect(stderr).toContain('there is a domain called busy already');
    expect(stderr).toContain('migration sender: Target reports startup failure.');
    expect(stderr).toContain('migration sender: Resumed OK.');
    await target.quiet();
    await expectRunsOn(target, theirs);
    await expectRunsOn(source, ours);
  });

  test('because the domid to be preserved is taken refuses it', async ({ hosts }) => {
    const { source, target } = hosts;
    const theirs = await target.create({ name: 'theirs', kernel: 'idle', cmdline: '' });
    const ours = await source.create();
    const { status, stderr } = await hosts.migrate({ words: true, options: ['-D'] }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('there is a domain with domid 1 already');
    await target.quiet();
    await expectRunsOn(target, theirs, 'theirs');
    await expectRunsOn(source, ours);
  });

  test('because its process is killed leaves the domain to the source', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create({ memory: 64 });
    const migration = hosts.migrate({ relay: slowLine });
    await untilPrecopy(migration);
    const receiver = await eventually('the receiving process', () =>
      processesOf(target.folder).find(({ command }) => /^\S+ \S*xl-receive\S*$/.test(command)),
    );
    process.kill(receiver.pid, 'SIGKILL');
    expect(await migration.ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({ event: 'failed', outcome: 'keeps-running' });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });
});

/** A line on which 64 MiB take 16 seconds: enough time to act within the first pass. */
const slowLine: RelayPlan = { forward: { faults: [{ at: 0, act: 'slow', octetsPerSecond: 4 << 20 }] } };

async function untilPrecopy(migration: Program): Promise<void> {
  await migration.untilEvent('the first pass', ({ event }) => event === 'progress');
}

const signals: readonly {
  readonly what: string;
  readonly send: (migration: Program) => void;
  readonly says: RegExp;
}[] = [
  { what: 'Ctrl-C', send: (migration) => migration.interruptGroup(), says: /stopped by Ctrl-C/ },
  { what: 'SIGTERM', send: (migration) => migration.kill('SIGTERM'), says: /stopped by SIGTERM/ },
  { what: 'SIGHUP', send: (migration) => migration.kill('SIGHUP'), says: /the terminal was closed/ },
];

describe.concurrent('a migration that is stopped during precopy', () => {
  test.for(signals)('by $what leaves the domain to the source', async ({ send, says }, { hosts }) => {
    const { source, target } = hosts;
    const console = await source.create({ memory: 64 });
    const migration = source.startGroup(...hosts.migration({ relay: slowLine }));
    await untilPrecopy(migration);
    send(migration);
    const ended = await migration.ended;
    expect(ended).toMatchObject({ status: 1 });
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      outcome: 'keeps-running',
      stoppedBy: 'signal',
      message: matching(says),
    });
    // In these tests Ctrl-C reaches the other end as well.
    expect(ended.stderr).toMatch(
      /^migration target: (SIGINT received|the source ended the migration, or the connection to it broke, .*: the incoming copy is gone\.)$/m,
    );
    expect(ended.stderr).not.toMatch(/short|exited with/);
    await expectEmpty(target);
    await source.quiet();
    await expectRunsOn(source, console);
  });

  test('by SIGKILL leaves the domain to the source, its log off', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create({ memory: 64 });
    const migration = hosts.migrate({ relay: slowLine });
    await untilPrecopy(migration);
    expect(await source.domains()).toMatchObject([{ logDirty: true }]);
    migration.kill('SIGKILL');
    expect(await migration.ended).toMatchObject({ status: 'SIGKILL' });
    await expectEmpty(target);
    await source.quiet();
    await expectRunsOn(source, console);
  });

  // A transport that does not end by itself is given ten seconds.
  const shells = [
    { what: 'exec ssh', keepShell: {} },
    { what: 'a shell that waits for ssh', keepShell: { keepShell: true } as const },
  ];
  test.for(shells)('while the line is dead, behind $what, leaves the domain', async (shell, { hosts }) => {
    const { source, target } = hosts;
    const console = await source.create({ memory: 64 });
    // In the headers, which have gone out when the first pass begins.
    const forward = {
      faults: [{ at: layout.offset({ part: 'domain header', octet: 4 }), act: 'stall' }],
    } as const;
    const migration = hosts.migrate({ relay: { forward, ...shell.keepShell } });
    await migration.untilEvent('the first pass', ({ event }) => event === 'pass-started');
    migration.kill('SIGINT');
    await migration.untilEvent('the end', ({ event }) => event === 'failed');
    await expectEmpty(target);
    expect(await migration.ended).toMatchObject({ status: 1 });
    await source.quiet();
    await expectRunsOn(source, console);
  });

  test('can be followed by one that succeeds', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create({ memory: 64 });
    const stopped = hosts.migrate({ relay: slowLine });
    await untilPrecopy(stopped);
    stopped.kill('SIGINT');
    expect(await stopped.ended).toMatchObject({ status: 1 });
    expect(await hosts.migrate().ended).toMatchObject({ status: 0 });
    await expectEmpty(source);
    await target.quiet();
    const after = target.console('busy');
    await expectRunsOn(target, after);
    expect(flaws(before, after)).toEqual([]);
  });
});
