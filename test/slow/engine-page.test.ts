/** Tests of the page and the report of a run whose jobs are at an engine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Engine as LibraryEngine } from '../../packages/fleet-bullmq/src/index.js';
import { domain, storedRun } from '../../packages/fleet-bullmq/src/jobs.test-support.js';
import { test } from '../harness/engine.js';
import { create, idle, large, until } from '../harness/evacuation.js';
import { addressOf, enter } from '../harness/page.js';

test('the page of a run is served at its host and at others, and gives orders', async ({ fleet, engine }) => {
  await create(fleet, large, 'a', 'b');
  const worker = await engine.worker();
  await fleet.hold(fleet.left);
  const evacuation = engine.evacuate('--to', 'left', '--out', '1');
  await until(evacuation, 'a', 'moving');
  const serve = ['evacuate-status', '--serve', '0', '--control', '-s', fleet.ssh, ...engine.options];
  const servers = [fleet.source, fleet.right].map((host) => host.start(...serve));
  const [here, there] = await Promise.all(servers.map(async (each) => enter(await addressOf(each))));
  const isPhase = (text: string) => /^moves to left: /.test(text);
  const isRun = ({ kind, title, domains, hosts }: Readonly<Record<string, unknown>>, knowsPhase: boolean) =>
    kind === 'run' &&
    title === 'Emptying source' &&
    (domains as { words: string }[]).some(({ words }) =>
      knowsPhase ? isPhase(words) : words === 'moves to left',
    ) &&
    (hosts as { name: string; note?: string }[]).every(({ note }) => note === undefined);
  await here!.view('the phase', (view) => isRun(view, true));
  await there!.view('the run', (view) => isRun(view, false));
  const { run } = await engine.status();
  expect(await there!.order({ run: 'other', order: 'abort' })).toEqual([
    ...[409, `Another run has begun since: ${String(run)}.\n`],
  ]);
  expect(await there!.order({ run, order: 'pause' })).toEqual([
    ...[200, 'Running migrations go on, no other begins.\n'],
  ]);
  expect(await here!.order({ run, order: 'pause' })).toEqual([409, 'The run is paused already.\n']);
  await here!.view('the pause', ({ stage }) => stage === 'paused');
  await engine.redis.stop();
  await there!.view('the lack', ({ message }) => String(message).includes('the engine does not answer'));
  expect(await there!.order({ run, order: 'abort' })).toEqual([
    ...[409, expect.stringContaining('The order was not given: the engine does not answer') as unknown],
  ]);
  await engine.redis.start();
  await there!.view('the run', ({ kind }) => kind === 'run');
  expect(await there!.order({ run, order: 'abort' })).toEqual([
    ...[200, 'The run is aborted: what is still here stays.\n'],
  ]);
  expect((await evacuation.ended).status).toBe(1);
  await here!.view('the end', ({ stage, orders }) => stage === 'over' && (orders as unknown[]).length === 0);
  expect(await there!.order({ run, order: 'go' })).toEqual([409, 'The run is over.\n']);
  for (const each of [...servers, worker]) each.kill('SIGTERM');
  for (const each of [...servers, worker]) expect(await each.ended).toMatchObject({ status: 0, stderr: '' });
});

test('a report is written at any host, from what the engine has', async ({ fleet, engine }) => {
  await create(fleet, idle, 'one', 'two');
  await engine.worker();
  expect((await engine.evacuate('--to', 'left').ended).status).toBe(0);
  const file = join(fleet.folder, 'run.html');
  await fleet.right.done('evacuate-status', '--report', file, ...engine.options);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('<h1>Emptying source</h1>');
  for (const name of ['one', 'two']) {
    expect(page).toMatch(new RegExp(`aria-label="downtime of ${name}: [0-9.]+ m?s, from `));
  }
});

test('a run of which no job can be read says that nobody writes it down', async ({ fleet, engine }) => {
  const library = await LibraryEngine.open(engine.redis.url());
  const run = storedRun(domain());
  try {
    await library.put({ ...run, name: 'source' });
  } finally {
    await library.close();
  }
  await engine.redis.run('HSET', `mig:evacuation-source:${run.run.id}.${domain().uuid}`, 'data', '{}');
  const file = join(fleet.folder, 'run.html');
  const words = 'No job of the run can be read';
  expect(await engine.order('status')).toContain(words);
  await fleet.right.done('evacuate-status', '--report', file, ...engine.options);
  expect(readFileSync(file, 'utf8')).toContain(words);
  const server = fleet.right.start('evacuate-status', '--serve', '0', '-s', fleet.ssh, ...engine.options);
  const { view } = await enter(await addressOf(server));
  await view('the remark', ({ note }) => String(note).startsWith(words));
  expect(
    await fleet.right.xl('evacuate-status', '--report', file, '-s', fleet.ssh, ...engine.options),
  ).toMatchObject({ status: 2, stderr: 'xl: evacuate-status: -s goes with --serve and --engine\n' });
  server.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
});
