/** Tests of commands whose output nobody reads: they go on, and the operator is heard. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { eventually } from '../harness/eventually.js';
import { expectEmpty, expectMoved, expectRunsOn } from '../harness/expectations.js';
import type { Ended, Event, Program } from '../harness/program.js';
import { heldBack, quoted } from '../harness/relay.js';
import { test as base, type TwoHosts } from '../harness/two-hosts.js';
import { UnreadPipe } from '../harness/unread-pipe.js';

/** The test function, with a pipe for each of standard output and error. */
const test = base.extend<{ out: UnreadPipe; err: UnreadPipe }>({
  out: async ({ hosts }, use) => usePipe(hosts.path('out'), use),
  err: async ({ hosts }, use) => usePipe(hosts.path('err'), use),
});

async function usePipe(path: string, use: (pipe: UnreadPipe) => Promise<void>): Promise<void> {
  const pipe = new UnreadPipe(path);
  try {
    await use(pipe);
  } finally {
    pipe.close();
  }
}

/** Descriptors for output and errors that nobody reads. */
function unread(out: UnreadPipe, err: UnreadPipe) {
  return { stdout: out.writeEnd, stderr: err.writeEnd };
}

function eventsIn(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

/** Waits for a phase by asking the migration itself: its output is not read. */
async function untilPhase(hosts: TwoHosts, phase: string): Promise<void> {
  await eventually(`the phase ${phase}`, async () => {
    const [status] = eventsIn(await hosts.source.done('migrate-status', '--json'));
    return status?.['phase'] === phase || undefined;
  });
}

/** Starts a migration of endless passes. */
function endlessly(hosts: TwoHosts, ...options: readonly string[]): string[] {
  const policy = hosts.path('endless.mjs');
  writeFileSync(policy, "export default () => ({ decision: 'continue-precopy' });");
  return hosts.migration({ options: ['--bandwidth', '10MB/s', '--policy', policy, ...options] });
}

describe.concurrent('a migration', () => {
  test('moves the domain, stays until all is read, and has said how it ended', async ({
    hosts,
    out,
    err,
  }) => {
    const { source, target } = hosts;
    const before = await source.create();
    const migration = source.startUnread(unread(out, err), ...hosts.migration());
    await eventually('the domain at the target', async () => {
      const [domain] = await target.domains();
      return domain?.state === 'running' || undefined;
    });
    await eventually('the end of its old copy', async () => {
      return (await source.domains()).length === 0 || undefined;
    });
    const said = await Promise.all([out.read(migration.ended), err.read(migration.ended)]);
    expect(await migration.ended).toMatchObject({ status: 0 });
    const events = eventsIn(said[0]);
    expect(events[0]).toMatchObject({ event: 'schema' });
    expect(events.at(-1)).toMatchObject({ event: 'complete' });
    await expectMoved(hosts, before);
  });

  test('ends at a signal, and does not wait for its reader then', async ({ hosts, out, err }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const migration = source.startUnread(unread(out, err), ...endlessly(hosts));
    await untilPhase(hosts, 'precopy');
    migration.kill('SIGTERM');
    expect(await migration.ended).toMatchObject({ status: 1 });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });

  test('ends at a signal once it is over, with its own exit status', async ({ hosts, out, err }) => {
    const { source } = hosts;
    const console = await source.create();
    const migration = source.startUnread(unread(out, err), ...endlessly(hosts));
    await untilPhase(hosts, 'precopy');
    await source.done('migrate-abort', 'busy');
    // The first signal may come while the connection is being closed, and speed that up.
    const ended = migration.ended.then(() => true);
    while (!(await Promise.race([ended, setTimeout(100)]))) migration.kill('SIGINT');
    expect(await migration.ended).toMatchObject({ status: 7 });
    await expectRunsOn(source, console);
  });

  test.for([
    ['JSON', []],
    ['words', ['words']],
  ] as const)('answers its operators, whatever it says in %s', async ([, words], { hosts, out, err }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const args = endlessly(hosts).filter((arg) => words.length === 0 || arg !== '--json');
    const migration = source.startUnread(unread(out, err), ...args);
    await untilPhase(hosts, 'precopy');
    expect(await source.done('migrate-set', '--bandwidth', '20MB/s', 'busy')).toContain('160 Mbit/s');
    expect(await source.done('migrate-abort', 'busy')).toMatch(/^busy was not migrated\./);
    const [outSaid, errSaid] = await Promise.all([out.read(migration.ended), err.read(migration.ended)]);
    expect(await migration.ended).toMatchObject({ status: 7 });
    if (words.length === 0)
      expect(eventsIn(outSaid).at(-1)).toMatchObject({ event: 'failed', exitStatus: 7 });
    else expect(errSaid).toContain('\nMigration stopped by mig migrate-abort: busy keeps running here');
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });
});

test('what a policy prints goes to standard error, and waits for nobody', async ({ hosts, err }) => {
  const { source } = hosts;
  const before = await source.create();
  const policy = hosts.path('talks.mjs');
  writeFileSync(
    policy,
    `console.log('loaded');
     export default ({ iteration }) => {
       console.log('asked', 'x'.repeat(1000));
       return iteration < 3
         ? { decision: 'continue-precopy' }
         : { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } };
     };`,
  );
  const args = hosts.migration({ options: ['--policy', policy] });
  const migration = source.startUnread({ stderr: err.writeEnd }, ...args);
  await migration.untilEvent('its end', ({ event }) => event === 'complete');
  // The target's own messages come between.
  const said = (await err.read(migration.ended)).replace(/^migration target: .*\n/gm, '');
  expect(said).toMatch(/^loaded\nasked x+\nasked x+\n/);
  expect(await migration.ended).toMatchObject({ status: 0 });
  await expectMoved(hosts, before);
});

describe.concurrent('the receiving end', () => {
  test('receives, and ends', async ({ hosts, err }) => {
    const before = await hosts.source.create();
    const status = hosts.path('status');
    // If it did not end by itself, the source would end it, and this shell.
    const command = `(${hosts.target.receiver()} 2> ${quoted(err.path)}); echo $? > ${quoted(status)}`;
    expect(await hosts.migrate({ command }).ended).toMatchObject({ status: 0 });
    expect(readFileSync(status, 'utf8')).toBe('0\n');
    await expectMoved(hosts, before);
  });

  test('gives up an arrival that breaks off, and ends', async ({ hosts, err }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const command = `${target.receiver()} 2> ${quoted(err.path)}`;
    const migration = hosts.migrate({
      command,
      relay: { forward: { faults: [{ at: 1_000_000, act: 'cut' }] } },
    });
    expect(await migration.ended).toMatchObject({ status: 1 });
    await expectEmpty(target);
    await expectRunsOn(source, console);
  });
});

test('a save writes the image, and ends at a signal with its own exit status', async ({
  hosts,
  out,
  err,
}) => {
  const { source } = hosts;
  await source.create();
  const image = hosts.path('image');
  const save = source.startUnread(unread(out, err), 'save', 'busy', image);
  await eventually('the image', async () => (await source.domains()).length === 0 || undefined);
  save.kill('SIGTERM');
  expect(await save.ended).toMatchObject({ status: 0 });
  await source.done('restore', image);
});

describe.concurrent('what holds no domain ends at Ctrl-C', () => {
  /** Numbers of write(2): x86-64's, arm64's. */
  const WRITE = ['1', '64'];

  /** Sends Ctrl-C once the program waits for the reader of its standard output. */
  async function interrupted(program: Program): Promise<Ended> {
    await eventually('a write that waits', () => {
      const [call, descriptor] = readFileSync(`/proc/${program.pid}/syscall`, 'utf8').split(' ');
      return (WRITE.includes(call!) && descriptor === '0x1') || undefined;
    });
    program.kill('SIGINT');
    return program.ended;
  }

  test.for([
    ['list'],
    ['dirty-rate', '--period', '0.2', 'busy'],
    ['migrate', '--estimate', '--link', '1Gbit/s', '--period', '0.2', 'busy'],
    ['console', '-f', 'busy'],
  ])('%s', async (args, { hosts, out }) => {
    const { source } = hosts;
    const console = await source.create();
    const program = source.startUnread({ stdout: out.writeEnd }, ...args);
    expect(await interrupted(program)).toMatchObject({ status: 'SIGINT' });
    await expectRunsOn(source, console);
  });

  test('migrate-status --watch', async ({ hosts, out }) => {
    const { source } = hosts;
    await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ relay: { forward: heldBack(1_000_000, gate) } });
    await migration.untilEvent('precopy', ({ state }) => state === 'precopy');
    const watch = source.startUnread({ stdout: out.writeEnd }, 'migrate-status', '--watch', 'busy');
    expect(await interrupted(watch)).toMatchObject({ status: 'SIGINT' });
    writeFileSync(gate, '');
    expect(await migration.ended).toMatchObject({ status: 0 });
  });
});
