/** Tests of emptying a host when others act meanwhile, when the controller is killed, and when a domain cannot move. */
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { faultsIn } from '../../apps/xl/src/view/events-schema.test-support.js';
import { create, idle, large, last, until } from '../harness/evacuation.js';
import { eventually } from '../harness/eventually.js';
import { type Fleet, script, test } from '../harness/fleet.js';

/** Expects each domain on one host, running, and its guest at work. */
async function expectEach(fleet: Fleet, names: readonly string[]): Promise<void> {
  const found: string[] = [];
  for (const host of fleet.hosts) {
    // What an aborted migration leaves at its target ends a moment later.
    await host.quiet();
    for (const { name, state } of await host.domains()) {
      expect(state).toBe('running');
      found.push(name);
      const console = host.console(name);
      await console.moreTicks(1);
    }
  }
  expect(found.sort()).toEqual([...names].sort());
}

async function statusOf(fleet: Fleet): Promise<Record<string, unknown>> {
  const status: unknown = JSON.parse(await fleet.source.done('evacuate-status', '--json'));
  expect(faultsIn('evacuate-status')(status)).toEqual([]);
  return status as Record<string, unknown>;
}

describe('a controller that is killed', () => {
  test.for([
    ['as the plan is there', 'plan'],
    ['as the first migration begins', 'moving'],
    ['in the middle of one', 'sending'],
    ['as one has arrived', 'moved'],
  ] as const)('%s: the next one goes on', async ([, moment], { fleet }) => {
    await create(fleet, large, 'a', 'b', 'c');
    const options = fleet.evacuation('--to', 'left,right', '--link', '1Gbit/s');
    if (moment === 'moving' || moment === 'sending') await fleet.hold(fleet.left, fleet.right);
    const first = fleet.source.start(...options);
    await first.untilEvent(moment, (event) =>
      moment === 'plan'
        ? event.event === 'plan'
        : event['state'] === (moment === 'moved' ? 'moved' : 'moving'),
    );
    if (moment === 'sending') {
      await eventually('a migration', async () => {
        const status = await statusOf(fleet);
        return (
          (status['domains'] as { phase?: string }[]).some(({ phase }) => phase === 'precopy') || undefined
        );
      });
    }
    first.kill('SIGKILL');
    await first.exited;
    await fleet.letGo();
    const second = fleet.source.start(...options);
    const { status, stderr } = await second.ended;
    expect({ status, stderr, stdout: second.stdout }).toMatchObject({ status: 0, stderr: '' });
    expect(second.events().flatMap(faultsIn('evacuate-events'))).toEqual([]);
    expect(last(second)).toMatchObject({ event: 'end', moved: 3, exitStatus: 0 });
    expect(await fleet.names(fleet.source)).toEqual([]);
    await expectEach(fleet, ['a', 'b', 'c']);
  });
});

test('a second controller is kept away, and evacuate-status follows the first', async ({ fleet }) => {
  const { source } = fleet;
  await create(fleet, large, 'a');
  await fleet.hold(fleet.left);
  const first = source.start(...fleet.evacuation('--to', 'left'));
  await until(first, 'a', 'moving');
  const second = source.start(...fleet.evacuation('--to', 'left'));
  const { status, stderr } = await second.ended;
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('a controller is at work') as string,
  });
  expect(last(second)).toMatchObject({ event: 'refused', code: 'controller' });
  expect(await statusOf(fleet)).toMatchObject({ controlled: true, wanted: 'go' });
  const watch = source.start('evacuate-status', '--watch', '--json');
  await watch.untilEvent('the state', () => true);
  await fleet.letGo();
  expect((await watch.ended).status).toBe(0);
  expect(watch.events().flatMap(faultsIn('evacuate-events'))).toEqual([]);
  expect((await first.ended).status).toBe(0);
  await expectEach(fleet, ['a']);
});

test('a plain migration beside it is waited for, and not repeated', async ({ fleet }) => {
  const { source } = fleet;
  await create(fleet, large, 'a', 'b');
  await fleet.hold(fleet.right);
  const plain = source.start('migrate', '--json', '-s', fleet.ssh, 'a', 'right');
  await plain.untilEvent('precopy', ({ event }) => event === 'pass-started');
  const evacuation = source.start(...fleet.evacuation('--to', 'left'));
  await until(evacuation, 'a', 'moving');
  await fleet.letGo();
  expect(await evacuation.ended).toMatchObject({ status: 0 });
  expect((await plain.ended).status).toBe(0);
  expect(await fleet.names(fleet.left)).toEqual(['b']);
  expect(await fleet.names(fleet.right)).toEqual(['a']);
  await expectEach(fleet, ['a', 'b']);
});

test("somebody else's migration is neither steered nor aborted by a run", async ({ fleet }) => {
  const { source } = fleet;
  await create(fleet, large, 'a');
  await fleet.hold(fleet.right);
  const plain = source.start('migrate', '--json', '-s', fleet.ssh, 'a', 'right');
  await plain.untilEvent('precopy', ({ event }) => event === 'pass-started');
  const evacuation = source.start(...fleet.evacuation('--to', 'left', '--link', '1MB/s'));
  await until(evacuation, 'a', 'moving');
  await source.done('evacuate-abort');
  await fleet.letGo();
  expect((await plain.ended).status).toBe(0);
  expect(plain.events().filter(({ event }) => event === 'course')).toEqual([]);
  expect(await evacuation.ended).toMatchObject({ status: 0 });
  expect(await fleet.names(fleet.right)).toEqual(['a']);
});

test('what a command line asks for is not passed over: it goes with the run that is not over, or is refused', async ({
  fleet,
}) => {
  const { source } = fleet;
  await create(fleet, large, 'a', 'b');
  await fleet.hold(fleet.left);
  const first = source.start(...fleet.evacuation('--to', 'left', '--out', '1'));
  await until(first, 'a', 'moving');
  first.kill('SIGINT');
  await fleet.letGo();
  await first.ended;
  const { status, stderr } = await source.xl(...fleet.evacuation('--leave', 'b'));
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is not over') as string,
  });
  expect(await fleet.names(source)).toEqual(['b']);
  expect((await source.xl(...fleet.evacuation('--back', 'any', '--leave', 'b'))).status).toBe(2);
  await source.done('evacuate-abort');
});

test('a target that is this host is refused before anything is moved', async ({ fleet }) => {
  await create(fleet, idle, 'one');
  await symlink(join(fleet.folder, 'source'), join(fleet.folder, 'self'));
  const { status, stderr } = await fleet.source.xl(...fleet.evacuation('--to', 'self'));
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'xl: self has one as well: is it this host under another name? Nothing was begun\n',
  });
});

/** Sets the deadline of the only run to the present. */
async function passDeadline({ source }: Fleet): Promise<void> {
  const folder = join(source.folder, 'evacuation');
  const file = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.json'))!,
  );
  const evacuation = JSON.parse(await readFile(file, 'utf8')) as { run: { options: object } };
  evacuation.run.options = { ...evacuation.run.options, deadline: Date.now() };
  await writeFile(file, JSON.stringify(evacuation));
}

test('a busy guest is tried again, and moved after the deadline whatever it costs', async ({ fleet }) => {
  await create(fleet, { memory: 32, cmdline: 'pages=6000 rate=200000 pattern=random' }, 'busy');
  const deadline = ['--deadline', '2100-01-01T00:00:00Z'];
  const options = fleet.evacuation('--to', 'left', '--max-downtime', '5', '--link', '20MB/s', ...deadline);
  const first = fleet.source.start(...options);
  await until(first, 'busy', 'waiting');
  first.kill('SIGKILL');
  await first.exited;
  await passDeadline(fleet);
  const second = fleet.source.start(...options);
  expect((await second.ended).status).toBe(0);
  expect(await fleet.names(fleet.left)).toEqual(['busy']);
  await expectEach(fleet, ['busy']);
});

test('who cannot move is named with the reason before anything is moved, and left if that is wished', async ({
  fleet,
}) => {
  const { source, left } = fleet;
  await create(fleet, idle, 'o,ne', 'two');
  await left.create({ ...idle, name: 'o,ne' });
  const options = fleet.evacuation('--to', 'left', '--dry-run', '--link', '1Gbit/s');
  const dry = source.start(...options);
  expect((await dry.ended).status).toBe(1);
  expect(dry.events().flatMap(faultsIn('evacuate-events'))).toEqual([]);
  expect(dry.events()).toContainEqual(expect.objectContaining({ event: 'plan' }));
  expect(last(dry)).toMatchObject({
    event: 'cannot-move',
    domains: [{ domain: 'o,ne', why: expect.stringMatching(/^left: .*o,ne/) as string }],
  });
  const refused = await source.xl('evacuate', '-s', fleet.ssh, '--name', 'source', '--to', 'left');
  expect(refused).toMatchObject({ status: 1, stdout: expect.stringContaining("--leave 'o?ne'") as string });
  expect(await fleet.names(source)).toEqual(['o,ne', 'two']);
  expect(await source.done('info', 'arrivals')).toBe('yes\n');
  const moving = source.start(...fleet.evacuation('--to', 'left', '--leave', 'o?ne'));
  expect((await moving.ended).status).toBe(0);
  expect(await fleet.names(source)).toEqual(['o,ne']);
});

test('a domain that ends while it is checked keeps no other from moving', async ({ fleet }) => {
  const { source, left } = fleet;
  await create(fleet, idle, 'ends', 'stays');
  const ssh = join(fleet.folder, 'ssh-that-ends-one');
  await script(
    ssh,
    `case "$*" in *--check*) ${source.command('destroy', 'ends')} ;; esac\nexec ${fleet.ssh} "$@"`,
  );
  const run = source.start(...fleet.evacuation('--to', 'left', '-s', ssh));
  expect(await run.ended).toMatchObject({ status: 0 });
  expect(run.events()).toContainEqual(
    expect.objectContaining({ event: 'note', text: 'ends is not here any more: it is left out.' }),
  );
  expect(await fleet.names(left)).toEqual(['stays']);
});

test('a target that is cordoned in the middle gets no more', async ({ fleet }) => {
  const { source, left, right } = fleet;
  await create(fleet, large, 'a', 'b', 'c');
  await fleet.hold(left, right);
  const evacuation = source.start(...fleet.evacuation('--to', 'left,right', '--out', '1'));
  await evacuation.untilEvent('the first', (event) => event['state'] === 'moving');
  await left.done('cordon', 'a test');
  await fleet.letGo();
  expect(await evacuation.ended).toMatchObject({ status: 0 });
  expect((await fleet.names(left)).length).toBeLessThanOrEqual(1);
  expect((await fleet.names(right)).length).toBeGreaterThanOrEqual(2);
  await expectEach(fleet, ['a', 'b', 'c']);
});

test('domains that are to be kept apart go to different hosts', async ({ fleet }) => {
  await create(fleet, { ...idle, cmdline: 'mig.apart=twins' }, 'a', 'b');
  expect(await fleet.source.xl(...fleet.evacuation('--to', 'left,right'))).toMatchObject({ status: 0 });
  for (const host of [fleet.left, fleet.right]) expect(await fleet.names(host)).toHaveLength(1);
});

test('where a target does not take one of two that are kept apart, the other goes there', async ({
  fleet,
}) => {
  const { source, left, right } = fleet;
  await create(fleet, { ...idle, cmdline: 'mig.apart=twins' }, 'a', 'b');
  await left.create({ ...idle, name: 'a' });
  expect(await source.xl(...fleet.evacuation('--to', 'left,right'))).toMatchObject({ status: 0 });
  expect(await fleet.names(left)).toEqual(['a', 'b']);
  expect(await fleet.names(right)).toEqual(['a']);
});

test('a run is paused, goes on, is interrupted, and is aborted', async ({ fleet }) => {
  const { source, left } = fleet;
  await create(fleet, large, 'a', 'b', 'c');
  await fleet.hold(left);
  const first = source.start(...fleet.evacuation('--to', 'left', '--out', '1'));
  await until(first, 'a', 'moving');
  await source.done('evacuate-pause');
  await fleet.letGo();
  await until(first, 'a', 'moved');
  expect(await statusOf(fleet)).toMatchObject({ wanted: 'pause', controlled: true });
  expect(await fleet.names(source)).toEqual(['b', 'c']);
  await fleet.hold(left);
  await source.done('evacuate-continue');
  await until(first, 'b', 'moving');
  // Once: what runs is waited for, and nothing else begins.
  first.kill('SIGINT');
  await fleet.letGo();
  expect((await first.ended).status).toBe(1);
  expect(last(first)).toMatchObject({ event: 'end', moved: 2, unfinished: 1 });
  expect(await fleet.names(source)).toEqual(['c']);
  await fleet.hold(left);
  // Twice: what runs is aborted, and is the run's still.
  const second = source.start('evacuate', '--json');
  await until(second, 'c', 'moving');
  second.kill('SIGINT');
  await second.untilEvent('the first signal', (event) => event.event === 'note');
  second.kill('SIGINT');
  expect((await second.ended).status).toBe(1);
  expect(last(second)).toMatchObject({ event: 'end', moved: 2, stayed: 0, unfinished: 1 });
  const third = source.start('evacuate', '--json');
  await until(third, 'c', 'moving');
  await source.done('evacuate-abort');
  expect((await third.ended).status).toBe(1);
  await fleet.letGo();
  expect(last(third)).toMatchObject({ event: 'end', moved: 2, stayed: 1, unfinished: 0 });
  expect(await source.done('info', 'arrivals')).toBe('yes\n');
  await expectEach(fleet, ['a', 'b', 'c']);
});

test('a run without a controller is aborted all the same', async ({ fleet }) => {
  const { source } = fleet;
  await create(fleet, large, 'a', 'b');
  await fleet.hold(fleet.left);
  const first = source.start(...fleet.evacuation('--to', 'left'));
  await until(first, 'a', 'moving');
  await eventually('a migration', async () =>
    (await source.done('migrate-status')).includes('precopy') ? true : undefined,
  );
  first.kill('SIGKILL');
  await first.exited;
  await source.done('evacuate-abort');
  await fleet.letGo();
  expect(await fleet.names(source)).toEqual(['a', 'b']);
  expect(await statusOf(fleet)).toMatchObject({ ended: expect.any(String) as string });
  await expectEach(fleet, ['a', 'b']);
});

/** Empties the source into others. @returns the name of the run */
async function emptied(fleet: Fleet, to = 'left,right'): Promise<string> {
  const there = fleet.source.start(...fleet.evacuation('--to', to));
  expect((await there.ended).status).toBe(0);
  return last(there)['run'] as string;
}

test('a return goes on after a kill', async ({ fleet }) => {
  const names = ['a', 'b', 'c'];
  await create(fleet, large, ...names);
  const options = fleet.evacuation('--back', await emptied(fleet), '--out', '1');
  await fleet.hold(fleet.source);
  const first = fleet.source.start(...options);
  await first.untilEvent('one is on its way', (event) => event['state'] === 'moving');
  first.kill('SIGKILL');
  await first.exited;
  await fleet.letGo();
  const second = fleet.source.start(...options);
  expect((await second.ended).status).toBe(0);
  expect(second.events().flatMap(faultsIn('evacuate-events'))).toEqual([]);
  expect(await fleet.names(fleet.source)).toEqual(names);
  await expectEach(fleet, names);
});

test('a return is aborted, and what stayed comes back another time', async ({ fleet }) => {
  await create(fleet, large, 'a', 'b');
  const run = await emptied(fleet);
  await fleet.hold(fleet.source);
  const back = fleet.source.start(...fleet.evacuation('--back', run));
  await back.untilEvent('one is on its way', (event) => event['state'] === 'moving');
  await fleet.source.done('evacuate-abort');
  expect((await back.ended).status).toBe(1);
  expect(last(back)).toMatchObject({ event: 'end', stayed: 2, unfinished: 0 });
  await fleet.letGo();
  await expectEach(fleet, ['a', 'b']);
  const told = /"state":"moved".*"downtimeMilliseconds":[0-9]/;
  expect(await fleet.source.xl(...fleet.evacuation('--back', run))).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(told) as string,
  });
  expect(await fleet.names(fleet.source)).toEqual(['a', 'b']);
});

test('a return whose host does not answer is aborted, and another begun', async ({ fleet }) => {
  const { source, folder } = fleet;
  await create(fleet, idle, 'a');
  const run = await emptied(fleet);
  await writeFile(join(folder, 'left.down'), '');
  await writeFile(join(folder, 'right.down'), '');
  const first = await source.xl(...fleet.evacuation('--back', run));
  expect(first).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing was begun') as string });
  expect(await statusOf(fleet)).toMatchObject({ run });
  await rm(join(folder, 'left.down'));
  await rm(join(folder, 'right.down'));
  const ssh = join(folder, 'ssh-that-fails-later');
  await script(ssh, `[ -e ${folder}/late ] && exit 255\n: > ${folder}/late\nexec ${fleet.ssh} "$@"`);
  const second = await source.xl(...fleet.evacuation('--back', run, '-s', ssh));
  expect(second).toMatchObject({ status: 1 });
  expect(await statusOf(fleet)).toMatchObject({ back: run, controlled: false });
  expect(await source.xl('evacuate-abort')).toMatchObject({ status: 3 });
  expect(await statusOf(fleet)).toMatchObject({ ended: expect.any(String) as string });
  expect(await source.xl(...fleet.evacuation('--back', run))).toMatchObject({ status: 0 });
  expect(await fleet.names(source)).toEqual(['a']);
});

test('an abort that a host does not hear of says that its domains may still come', async ({ fleet }) => {
  const { source, folder } = fleet;
  await create(fleet, large, 'a');
  const run = await emptied(fleet, 'left');
  await fleet.hold(source);
  const back = source.start(...fleet.evacuation('--back', run));
  await back.untilEvent('it is on its way', (event) => event['state'] === 'moving');
  back.kill('SIGKILL');
  await back.exited;
  await writeFile(join(folder, 'left.down'), '');
  const words = /left has not said that its evacuation is over/;
  expect(await source.xl('evacuate-abort')).toMatchObject({
    status: 3,
    stdout: expect.stringMatching(words) as string,
  });
  await rm(join(folder, 'left.down'));
  await fleet.letGo();
  await eventually('its arrival', async () => (await fleet.names(source)).includes('a') || undefined);
});

test('a domain that has ended keeps no other from coming back', async ({ fleet }) => {
  const { source, left, folder } = fleet;
  await create(fleet, idle, 'ends', 'stays');
  const run = await emptied(fleet, 'left');
  const ssh = join(folder, 'ssh-that-ends-one');
  await script(
    ssh,
    `case "$*" in 'left '*'--to'*) ${left.command('destroy', 'ends')} ;; esac\nexec ${fleet.ssh} "$@"`,
  );
  const back = await source.xl(...fleet.evacuation('--back', run, '-s', ssh));
  expect(back).toMatchObject({ status: 1 });
  expect(await fleet.names(source)).toEqual(['stays']);
});

test.for(['--to', '--back'])(
  'Ctrl-C ends a question of %s that is not answered',
  async (option, { fleet }) => {
    const { source, folder } = fleet;
    await create(fleet, idle, 'a');
    const value = option === '--to' ? 'left' : await emptied(fleet, 'left');
    const [ssh, asked] = [join(folder, 'ssh-that-hangs'), join(folder, 'asked')];
    await script(ssh, `echo $$ > ${asked}.new; mv ${asked}.new ${asked}; exec sleep 1000`);
    const run = source.start(...fleet.evacuation(option, value, '-s', ssh));
    const pid = await eventually('a question', async () => readFile(asked, 'utf8').catch(() => undefined));
    run.kill('SIGINT');
    await run.exited;
    // Empty for a process that has ended and that nobody has waited for.
    await eventually('the end of the question', async () => {
      const words = await readFile(`/proc/${pid.trim()}/cmdline`, 'utf8').catch(() => '');
      return words === '' ? true : undefined;
    });
  },
);

test('two that are kept apart and were together come back together', async ({ fleet }) => {
  const { source, left, right } = fleet;
  await create(fleet, { ...idle, cmdline: 'mig.apart=twins' }, 'a', 'b');
  const run = await emptied(fleet);
  expect([...(await fleet.names(left)), ...(await fleet.names(right))].sort()).toEqual(['a', 'b']);
  await source.done('uncordon');
  const home = (await fleet.names(left))[0]!;
  await left.done('migrate', '-s', fleet.ssh, home, 'source');
  expect(await source.xl(...fleet.evacuation('--back', run))).toMatchObject({ status: 0 });
  expect(await fleet.names(source)).toEqual(['a', 'b']);
});

test('nothing comes back by a name that leads to another machine, and what has come to another host is missed', async ({
  fleet,
}) => {
  const { source, left, folder } = fleet;
  await create(fleet, idle, 'a');
  const run = await emptied(fleet, 'left');
  const ssh = join(folder, 'ssh-of-another-machine');
  const machine = `case "$*" in 'source cat '*) echo 00000000-0000-0000-0000-000000000000; exit ;; esac`;
  await script(ssh, `${machine}\nexec ${fleet.ssh} "$@"`);
  const refused = source.start(...fleet.evacuation('--back', run, '-s', ssh));
  expect(await refused.ended).toMatchObject({ status: 1 });
  expect(refused.events()).toContainEqual(
    expect.objectContaining({
      event: 'note',
      text: 'left reaches another machine by the name source: nothing was begun there. Abort the return, and give the right --name.',
    }),
  );
  await source.done('evacuate-abort');
  const elsewhere = source.start(...fleet.evacuation('--back', run, '--name', 'right'));
  expect(await elsewhere.ended).toMatchObject({ status: 3 });
  expect(elsewhere.events()).toContainEqual(
    expect.objectContaining({
      domain: 'a',
      state: 'person',
      why: 'it was moved to right, and is not here: it has ended since, or another host has that name',
    }),
  );
  expect([await fleet.names(left), await fleet.names(fleet.right)]).toEqual([[], ['a']]);
});

test('a host is emptied by a command from elsewhere', async ({ fleet }) => {
  await create(fleet, idle, 'one');
  const args = ['evacuate', '--host', 'source', '-s', fleet.ssh, '--to', 'right', '--json'];
  const { status, stdout } = await fleet.left.xl(...args);
  expect({ status, stdout }).toMatchObject({ status: 0 });
  expect(await fleet.names(fleet.right)).toEqual(['one']);
});

test('a target that is down is told before anything is moved', async ({ fleet }) => {
  await create(fleet, idle, 'one');
  await writeFile(join(fleet.folder, 'left.down'), '');
  const { status, stderr } = await fleet.source.xl(...fleet.evacuation('--to', 'left'));
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "xl: left does not answer 'xl info' and 'xl list -l': no route to left. Nothing was begun\n",
  });
  await rm(join(fleet.folder, 'left.down'));
});
