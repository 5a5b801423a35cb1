import { expect, test } from 'vitest';
import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';
import { OutputClosedError, TextOutput } from '../output/text-output.js';
import { faultsOf } from './events-schema.test-support.js';
import { JsonView } from './json-view.js';

test('each event is a line of its own, written at once', () => {
  const written: string[] = [];
  const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
  view.event({ kind: 'source-state', state: 'precopy' });
  view.note('for people');
  view.failed({
    message: 'cut',
    advice: ['it runs here'],
    exitStatus: 1,
    state: 'precopy',
    outcome: 'keeps-running',
  });
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { event: 'schema', of: 'xl migrate', version: 1 },
    { event: 'source-state', state: 'precopy' },
    {
      event: 'failed',
      message: 'cut',
      advice: ['it runs here'],
      exitStatus: 1,
      state: 'precopy',
      outcome: 'keeps-running',
    },
  ]);
});

test('a reader that goes away does not end what is being told', () => {
  let attempts = 0;
  const output = new TextOutput(() => {
    attempts++;
    throw new OutputClosedError('the output was closed');
  });
  const view = new JsonView(output);
  view.event({ kind: 'source-state', state: 'precopy' });
  view.event({ kind: 'source-state', state: 'suspending' });
  expect(attempts).toBe(1);
});

test('a reader that is behind misses what comes now and then, then the rest, and never the end', () => {
  const written: { event: string }[] = [];
  let waiting = 0;
  const output = new TextOutput(
    (octets) => written.push(JSON.parse(new TextDecoder().decode(octets)) as { event: string }),
    () => waiting,
  );
  const view = new JsonView(output);
  const progress = { kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 9, pagesDone: 1 } } as const;
  const stats = (point: ConsultationPoint): PrecopyStats => ({
    ...{ iteration: 0, totalWritten: 1, dirtyCount: undefined, point, elapsedMilliseconds: 1 },
    ...{
      sendRate: 1,
      dirtyRate: undefined,
      dirtyCounts: [],
      suspendCost: 0,
      lineRate: undefined,
      estimatedDowntime: undefined,
      leastDowntime: undefined,
    },
  });
  const asked = { kind: 'consulted', answer: { decision: 'continue-precopy' } } as const;
  const inPass = { ...asked, stats: stats('between-batches') };
  const afterPass = { ...asked, stats: stats('pass-finished') };
  const say = () => {
    view.event(progress);
    view.event(inPass);
    view.event(afterPass);
    view.event({ kind: 'source-state', state: 'precopy' });
  };
  const told = () => written.splice(0).map((line) => line.event);

  say();
  expect(told()).toEqual(['schema', 'progress', 'consulted', 'consulted', 'source-state']);
  waiting = 100_000;
  say();
  expect(told()).toEqual(['consulted', 'source-state']);
  waiting = 2_000_000;
  say();
  say();
  expect(told()).toEqual([]);
  view.failed({ message: 'cut', advice: [], exitStatus: 1 });
  expect(written).toMatchObject([{ event: 'left-out', events: 4 }, { event: 'failed' }]);
  expect(written.flatMap(faultsOf)).toEqual([]);
});
