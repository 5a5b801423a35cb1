/** Tests of emptying a host: there and back. */
import { expect } from 'vitest';
import { test } from './harness/fleet.js';

const idle = { kernel: 'idle', memory: 1, cmdline: '' };

test('a host is emptied, and what was moved comes back', async ({ fleet }) => {
  const { source, left } = fleet;
  for (const name of ['one', 'two']) await source.create({ ...idle, name });
  await source.create({ ...idle, name: 'three', memory: 2 });
  const there = source.start(...fleet.evacuation('--to', 'left'));
  const { status, stderr } = await there.ended;
  expect({ status, stderr, stdout: there.stdout }).toMatchObject({ status: 0, stderr: '' });
  const events = there.events();
  expect(events.at(-1)).toMatchObject({ event: 'end', moved: 3, stayed: 0, exitStatus: 0 });
  expect(await fleet.names(source)).toEqual([]);
  expect(await fleet.names(left)).toEqual(['one', 'three', 'two']);
  expect(await source.done('info', 'arrivals')).toMatch(/^no: cordoned .*it is being emptied: run /);

  const run = events.at(-1)!['run'] as string;
  const back = source.start(...fleet.evacuation('--back', run));
  const returned = await back.ended;
  expect({ ...returned, stdout: back.stdout }).toMatchObject({ status: 0, stderr: '' });
  expect(await fleet.names(source)).toEqual(['one', 'three', 'two']);
  expect(await fleet.names(left)).toEqual([]);
  expect(await source.done('info', 'arrivals')).toBe('yes\n');
});
