/** Tests of emptying a host by jobs at a Redis server, when controllers, workers and the server are killed. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { domain, storedRun } from '../../packages/fleet-bullmq/src/jobs.test-support.js';
import { type DomainJob, Engine as LibraryEngine } from '../../packages/fleet-bullmq/src/index.js';
import { faultsIn } from '../../apps/xl/src/view/events-schema.test-support.js';
import { create, idle, large, last, until } from '../harness/evacuation.js';
import { Engine, test } from '../harness/engine.js';
import { eventually } from '../harness/eventually.js';
import type { Fleet } from '../harness/fleet.js';
import type { Program } from '../harness/program.js';
import { RedisServer } from '../harness/redis.js';

/** Waits until a migration of the source is in its live passes. */
async function untilSending({ source }: Fleet): Promise<void> {
  await eventually('a migration', async () =>
    (await source.done('migrate-status')).includes('precopy') ? true : undefined,
  );
}

/** Expects each domain on one host, running, and its guest at work. */
async function expectEach(fleet: Fleet, engine: Engine, names: readonly string[]): Promise<void> {
  // A worker is at work at its host for as long as it lives.
  await engine.endWorkers();
  const found: string[] = [];
  for (const host of fleet.hosts) {
    await host.quiet();
    for (const { name, state } of await host.domains()) {
      expect(state).toBe('running');
      found.push(name);
      await host.console(name).moreTicks(1);
    }
  }
  expect(found.sort()).toEqual([...names].sort());
}

/** Expects that a controller has seen all domains move. */
async function expectDone(program: Program, moved: number): Promise<void> {
  const { status, stderr } = await program.ended;
  expect({ status, stderr, stdout: program.stdout }).toMatchObject({ status: 0, stderr: '' });
  expect(program.events().flatMap(faultsIn('evacuate-events'))).toEqual([]);
  expect(last(program)).toMatchObject({ event: 'end', moved, exitStatus: 0 });
}

test('a worker empties its host, and what it has moved comes back', async ({ fleet, engine }) => {
  const { source, left } = fleet;
  await create(fleet, idle, 'one', 'two', 'three');
  const worker = await engine.worker();
  const there = engine.evacuate('--to', 'left');
  await expectDone(there, 3);
  expect(await fleet.names(source)).toEqual([]);
  expect(await source.done('info', 'arrivals')).toContain('it is being emptied');
  expect(await engine.status()).toMatchObject({ controlled: true, ended: expect.any(String) as string });
  worker.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ status: 0, stderr: '' });
  const back = await source.xl(...fleet.evacuation('--back', last(there)['run'] as string));
  expect(back).toMatchObject({ status: 0, stderr: '' });
  expect(await fleet.names(left)).toEqual([]);
  await expectEach(fleet, engine, ['one', 'two', 'three']);
});

describe('the same command goes on', () => {
  test('after a controller was killed, and while another one follows', async ({ fleet, engine }) => {
    await create(fleet, large, 'a', 'b', 'c');
    await engine.worker();
    await fleet.hold(fleet.left, fleet.right);
    const first = engine.evacuate('--to', 'left,right');
    await until(first, 'a', 'moving');
    first.kill('SIGKILL');
    await first.exited;
    const [second, third] = [engine.evacuate('--to', 'left,right'), engine.evacuate()];
    for (const each of [second, third]) await until(each, 'a', 'moving');
    const watch = fleet.source.start('evacuate-status', '--watch', '--json', ...engine.options);
    await watch.untilEvent('the state', () => true);
    const { status, stderr } = await engine.evacuate('--to', 'right').ended;
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is not over') as string,
    });
    await fleet.letGo();
    for (const each of [second, third, watch]) await expectDone(each, 3);
    await expectEach(fleet, engine, ['a', 'b', 'c']);
  });

  test('before there is a worker, which is told', async ({ fleet, engine }) => {
    await create(fleet, idle, 'a');
    const first = engine.evacuate('--to', 'left');
    await first.untilEvent('the lack', ({ text }) => String(text).includes('No worker of source is there'));
    expect(await engine.status()).toMatchObject({ controlled: false, wanted: 'go' });
    await engine.worker();
    await expectDone(first, 1);
    await expectEach(fleet, engine, ['a']);
  });
});

test('a worker that is killed in the middle of a migration gets its jobs again', async ({
  fleet,
  engine,
}) => {
  await create(fleet, large, 'a', 'b', 'c');
  const first = await engine.worker();
  await fleet.hold(fleet.left, fleet.right);
  const evacuation = engine.evacuate('--to', 'left,right', '--link', '1Gbit/s');
  await until(evacuation, 'a', 'moving');
  await untilSending(fleet);
  first.kill('SIGKILL');
  await first.exited;
  await engine.worker();
  await fleet.letGo();
  await expectDone(evacuation, 3);
  await expectEach(fleet, engine, ['a', 'b', 'c']);
});

test.for(['with its log', 'without its memory'])(
  'a server that is killed and started again %s',
  async (memory, { fleet, engine }) => {
    await create(fleet, large, 'a', 'b', 'c');
    await engine.worker();
    await fleet.hold(fleet.left, fleet.right);
    const evacuation = engine.evacuate('--to', 'left,right');
    await until(evacuation, 'a', 'moving');
    await untilSending(fleet);
    await engine.redis.stop('SIGKILL');
    await evacuation.untilEvent('its end', ({ text }) => String(text).includes('does not answer'));
    await fleet.letGo();
    const isForgetful = memory === 'without its memory';
    if (isForgetful) await engine.redis.forget();
    await engine.redis.start();
    await expectDone(evacuation, 3);
    expect(evacuation.stdout.includes('it was put there again')).toBe(isForgetful);
    await expectEach(fleet, engine, ['a', 'b', 'c']);
  },
);

test('a worker that begins as the server is lost ends its jobs once it is there again', async ({
  engine,
}) => {
  const { redis } = engine;
  const jobs: DomainJob[] = [];
  const library = await LibraryEngine.open(redis.url());
  try {
    await redis.stop();
    const inHand = library.work('host1', (job) => void jobs.push(job));
    await redis.start();
    const run = storedRun(domain());
    await library.put(run);
    const job = await eventually('the job', () => jobs[0]);
    const moved = { ...job.domain, state: 'moved', target: 'host2' } as const;
    expect(await inHand.store(job.run, moved, { downtimeMilliseconds: 5 })).toBe(false);
    const seen = await eventually('its end', async () => {
      const now = await library.read('host1', run.run.id);
      return now?.ended === undefined ? undefined : now;
    });
    expect(seen).toMatchObject({
      isOver: true,
      isIncomplete: false,
      stored: { downtimes: { [moved.uuid]: 5 } },
    });
    await inHand.close();
  } finally {
    await library.close();
  }
});

describe('nothing undoes an abort', () => {
  test('of two that give orders at once', async ({ engine }) => {
    const [one, other] = await Promise.all([0, 1].map(() => LibraryEngine.open(engine.redis.url())));
    try {
      const ends = [];
      for (let i = 0; i < 50; i++) {
        const id = `20261130-${100_000 + i}`;
        const run = storedRun(domain());
        await one!.put({ ...run, run: { ...run.run, id } });
        const late = i % 2 === 0 ? 'go' : 'pause';
        const orders = [one!.want('host1', id, 'abort'), other!.want('host1', id, late)];
        ends.push((await Promise.all(i % 4 < 2 ? orders : orders.reverse())).sort());
        expect(await other!.wanted('host1', id)).toBe('abort');
        expect(await other!.want('host1', id, late)).toBe('is-aborted');
        expect(await other!.wanted('host1', id)).toBe('abort');
        expect(await one!.want('host1', id, 'abort')).toBe('taken');
      }
      expect(ends.every((both) => both.includes('taken'))).toBe(true);
      expect(await one!.want('host1', 'lost', 'abort')).toBe('no-run');
      expect(await one!.wanted('host1', 'lost')).toBeUndefined();
    } finally {
      await Promise.all([one, other].map((each) => each!.close()));
    }
  });

  test('that the server has forgotten, where somebody knows of it', async ({ engine }) => {
    const library = await LibraryEngine.open(engine.redis.url());
    try {
      const run = storedRun(domain());
      await library.put(run);
      expect(await library.wanted('host1', run.run.id)).toBe('go');
      expect(await library.wanted('host1', run.run.id, 'abort')).toBe('abort');
      expect(await library.wanted('host1', run.run.id)).toBe('abort');
    } finally {
      await library.close();
    }
  });

  test('for its worker', async ({ fleet, engine }) => {
    await create(fleet, large, 'a', 'b');
    await engine.worker();
    await fleet.hold(fleet.left);
    const evacuation = engine.evacuate('--to', 'left', '--out', '1');
    await until(evacuation, 'a', 'moving');
    const { run } = await engine.status();
    await engine.order('abort');
    for (const late of ['continue', 'pause']) {
      const { status, stderr } = await fleet.source.xl(`evacuate-${late}`, ...engine.options);
      const words = [`xl: run ${String(run)} is being aborted\n`, `xl: run ${String(run)} is over\n`];
      expect({ status, isSaid: words.includes(stderr) }).toEqual({ status: 1, isSaid: true });
    }
    expect((await evacuation.ended).status).toBe(1);
    await fleet.letGo();
    expect(last(evacuation)).toMatchObject({ event: 'end', moved: 0, stayed: 2, unfinished: 0 });
    expect(await engine.status()).toMatchObject({ wanted: 'abort' });
    await expectEach(fleet, engine, ['a', 'b']);
  });
});

test('a run that the server has lost does not keep the next one waiting', async ({ fleet, engine }) => {
  await create(fleet, large, 'a', 'b');
  const first = engine.evacuate('--to', 'left');
  await first.untilEvent('the plan', ({ event }) => event === 'plan');
  await first.untilEvent('the lack', ({ text }) => String(text).includes('No worker'));
  // The worker has its jobs in hand, and no controller yet.
  await fleet.hold(fleet.left);
  const plain = fleet.source.start(...fleet.evacuation('--to', 'left', 'a'));
  await until(plain, 'a', 'moving');
  const worker = await engine.worker();
  await eventually('its wait', () => worker.stdout.includes('Another controller') || undefined);
  first.kill('SIGKILL');
  await first.exited;
  await engine.redis.stop();
  await engine.redis.forget();
  await engine.redis.start();
  await fleet.letGo();
  expect(await plain.ended).toMatchObject({ status: 0 });
  await expectDone(engine.evacuate('--to', 'left'), 1);
  await expectEach(fleet, engine, ['a', 'b']);
});

test('a worker that is to end waits for what moves, and for no server', async ({ fleet, engine }) => {
  await create(fleet, large, 'a', 'b');
  const [first, idle] = [await engine.worker(), await engine.worker('left')];
  await fleet.hold(fleet.left, fleet.right);
  const evacuation = engine.evacuate('--to', 'left,right', '--out', '1');
  await until(evacuation, 'a', 'moving');
  await untilSending(fleet);
  await engine.redis.stop('SIGKILL');
  idle.kill('SIGTERM');
  expect(await idle.ended).toMatchObject({ status: 0, stderr: '' });
  first.kill('SIGTERM');
  await eventually(
    'its last words',
    () => first.stdout.includes('is waited for; a second time') || undefined,
  );
  await fleet.letGo();
  expect(await first.ended).toMatchObject({ status: 0, stderr: '' });
  await engine.redis.start();
  await engine.worker();
  await expectDone(evacuation, 2);
  await expectEach(fleet, engine, ['a', 'b']);
});

test('a plain migration beside it is waited for, and not repeated', async ({ fleet, engine }) => {
  const { source, left, right } = fleet;
  await create(fleet, large, 'a', 'b');
  await engine.worker();
  await fleet.hold(right);
  const plain = source.start('migrate', '--json', '-s', fleet.ssh, 'a', 'right');
  await plain.untilEvent('precopy', ({ event }) => event === 'pass-started');
  const evacuation = engine.evacuate('--to', 'left');
  await until(evacuation, 'a', 'moving');
  await fleet.letGo();
  await evacuation.ended;
  expect((await plain.ended).status).toBe(0);
  expect(await fleet.names(left)).toEqual(['b']);
  expect(await fleet.names(right)).toEqual(['a']);
  await expectEach(fleet, engine, ['a', 'b']);
});

test('a run is paused, goes on, and is aborted', async ({ fleet, engine }) => {
  const { source, left } = fleet;
  await create(fleet, large, 'a', 'b', 'c');
  await engine.worker();
  await fleet.hold(left);
  const evacuation = engine.evacuate('--to', 'left', '--out', '1');
  await until(evacuation, 'a', 'moving');
  await engine.order('pause');
  await evacuation.untilEvent('the pause', ({ text }) => String(text).startsWith('Paused'));
  // The worker looks for orders twice a second.
  await fleet.letGo();
  await until(evacuation, 'a', 'moved');
  expect(await engine.status()).toMatchObject({ wanted: 'pause', controlled: true });
  expect(await fleet.names(source)).toEqual(['b', 'c']);
  await fleet.hold(left);
  await engine.order('continue');
  await until(evacuation, 'b', 'moving');
  await untilSending(fleet);
  await engine.order('abort');
  expect((await evacuation.ended).status).toBe(1);
  await fleet.letGo();
  expect(last(evacuation)).toMatchObject({ event: 'end', moved: 1, stayed: 2, unfinished: 0 });
  expect(await source.done('info', 'arrivals')).toBe('yes\n');
  expect(await fleet.names(source)).toEqual(['b', 'c']);
  expect((await source.xl('evacuate-abort', ...engine.options)).stderr).toMatch(/^xl: run .* is over\n$/);
  await expectEach(fleet, engine, ['a', 'b', 'c']);
});

test('a controller without the engine and a worker keep each other away', async ({ fleet, engine }) => {
  const { source, left, right } = fleet;
  await create(fleet, large, 'a', 'b');
  await fleet.hold(left, right);
  const plain = source.start(...fleet.evacuation('--to', 'left', 'a'));
  await until(plain, 'a', 'moving');
  const worker = await engine.worker();
  const refused = await engine.evacuate('--to', 'right').ended;
  expect(refused).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('a controller is at work') as string,
  });
  await fleet.letGo();
  expect(await plain.ended).toMatchObject({ status: 0 });
  await fleet.hold(right);
  const evacuation = engine.evacuate('--to', 'right');
  await until(evacuation, 'b', 'moving');
  const second = await source.xl(...fleet.evacuation('--to', 'left'));
  expect(second).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('a worker of an engine is at work') as string,
  });
  await fleet.letGo();
  await expectDone(evacuation, 1);
  expect(worker.stderr).toBe('');
  await expectEach(fleet, engine, ['a', 'b']);
});

test('a domain that a target refuses goes to another, and one that nobody takes is named', async ({
  fleet,
  engine,
}) => {
  const { left, right } = fleet;
  await create(fleet, large, 'a', 'b');
  await engine.worker();
  await fleet.hold(left, right);
  const evacuation = engine.evacuate('--to', 'left,right', '--out', '1');
  await evacuation.untilEvent('the first', (event) => event['state'] === 'moving');
  await left.done('cordon', 'a test');
  await right.done('cordon', 'a test');
  await fleet.letGo();
  await until(evacuation, 'b', 'waiting');
  await right.done('uncordon');
  await expectDone(evacuation, 2);
  await create(fleet, idle, 'c');
  await right.create({ ...idle, name: 'c' });
  const stuck = await engine.evacuate('--to', 'right').ended;
  expect(stuck).toMatchObject({ status: 1, stderr: '' });
  expect(stuck.stdout).toContain('"cannot-move"');
  expect(await fleet.names(fleet.source)).toEqual(['c']);
});

test('a connection is by TLS, with a certificate that is trusted', async ({ fleet }) => {
  const { source, folder } = fleet;
  await create(fleet, idle, 'a');
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-keyout', key, '-out', certificate];
  const subject = ['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...made, ...subject], { stdio: 'ignore' });
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
  const redis = await RedisServer.openTls(...files, '--tls-auth-clients', 'no', '--requirepass', 'right');
  const engine = new Engine(fleet, redis, { NODE_EXTRA_CA_CERTS: certificate, MIG_ENGINE_PASSWORD: 'right' });
  try {
    const untrusted = await source.startWith(
      { MIG_ENGINE_PASSWORD: 'right' },
      'evacuate-worker',
      ...engine.options,
    ).ended;
    expect(untrusted).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/self-signed certificate/) as string,
    });
    await engine.worker();
    await expectDone(engine.evacuate('--to', 'left'), 1);
  } finally {
    await engine.close();
  }
  expect(await fleet.names(fleet.left)).toEqual(['a']);
});

test('what is wrong with a server is told at once, without a password', async ({ fleet }) => {
  const { source } = fleet;
  await create(fleet, idle, 'a');
  const redis = await RedisServer.open('--requirepass', 'correct');
  try {
    const failure = async (url: string, environment = {}) => {
      const args = ['evacuate', '-s', fleet.ssh, '--name', 'source', '--to', 'left', '--engine', url];
      const { status, stdout, stderr } = await source.startWith(environment, ...args).ended;
      expect(stderr + stdout).not.toContain('secret');
      return { status, stderr };
    };
    for (const wrong of [
      await failure(redis.url(':secret@')),
      await failure(redis.url(), { MIG_ENGINE_PASSWORD: 'secret' }),
      await failure(redis.url()),
    ]) {
      expect(wrong).toEqual({
        status: 1,
        stderr: expect.stringMatching(/^xl: the engine at .* refuses the login/) as string,
      });
    }
    expect(await failure('http://:secret@host')).toMatchObject({ status: 2 });
    const status = await source.startWith(
      { MIG_ENGINE_PASSWORD: 'correct' },
      'evacuate-status',
      '--engine',
      redis.url(),
    ).ended;
    expect(status).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the engine has no run') as string,
    });
    await redis.stop();
    expect(await failure(redis.url(':secret@'))).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^xl: the engine at .* does not answer: .*ECONNREFUSED/) as string,
    });
  } finally {
    await redis.close();
  }
  expect(await fleet.names(source)).toEqual(['a']);
});
