import { expect, test } from 'vitest';
import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';
import { OutputClosedError, TextOutput } from '../output/text-output.js';
import type { OperatorStatus } from '@mig/operator';
import { Account } from './account.js';
import { faultsOf } from './events-schema.test-support.js';
import { pass, reportOf } from './report.test-support.js';
import { JsonView } from './json-view.js';

const asked = {
  domain: 'busy',
  uuid: '7b1a0a3e-8d0c-4f0e-9f5e-0c1d2e3f4a5b',
  target: 'host2',
  settings: { maxDowntime: 300 },
  ownPolicy: undefined,
  debug: false,
  paused: false,
};
const account = () => new Account(asked);
/** The fields of every last line. */
const facts = {
  domain: 'busy',
  uuid: asked.uuid,
  target: 'host2',
  date: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
  options: { precopyIterations: 30, maxDowntimeMilliseconds: 300 },
};

test('each event is a line of its own, written at once', () => {
  const written: string[] = [];
  const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
  view.event({ kind: 'source-state', state: 'precopy' });
  view.note('for people');
  view.event({ kind: 'settings-changed', before: {}, settings: { maxDowntime: 300, abortIfBusy: true } });
  view.failed(
    {
      message: 'cut',
      advice: ['it runs here'],
      exitStatus: 1,
      state: 'precopy',
      outcome: 'keeps-running',
    },
    account(),
  );
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { event: 'schema', of: 'xl migrate', version: 1 },
    { event: 'source-state', state: 'precopy' },
    { event: 'course', course: { maxDowntimeMilliseconds: 300, abortIfBusy: true } },
    {
      event: 'failed',
      message: 'cut',
      advice: ['it runs here'],
      exitStatus: 1,
      state: 'precopy',
      outcome: 'keeps-running',
      ...facts,
      goal: { askedMilliseconds: 300, met: false },
      octetsSent: 0,
      iterations: 0,
      pagesSent: 0,
      passes: [],
    },
  ]);
  expect(written.flatMap((line) => faultsOf(JSON.parse(line)))).toEqual([]);
});

test.for([
  { downtime: 243, met: true },
  { downtime: 300, met: true },
  { downtime: 300.4, met: false },
])('the last line tells whether the goal was met: $downtime', ({ downtime, met }) => {
  const written: string[] = [];
  const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
  view.complete(reportOf(downtime), account());
  const last = JSON.parse(written.at(-1)!) as unknown;
  expect(last).toMatchObject({
    event: 'complete',
    ...facts,
    goal: { askedMilliseconds: 300, downtimeMilliseconds: downtime, met },
  });
  expect(faultsOf(last)).toEqual([]);
});

test('a failure tells what was done, and nothing of a goal where it is not known what became of the domain', () => {
  const written: string[] = [];
  const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
  const status = { octetsSent: 5000, course: { maxDowntime: 400, precopyIterations: 7 } } as OperatorStatus;
  const changed = new Account(asked, () => status);
  changed.onEvent({ kind: 'source-state', state: 'precopy' });
  changed.onEvent({ kind: 'pass-finished', pass });
  view.failed({ message: 'cut', advice: [], exitStatus: 3, outcome: 'unknown' }, changed);
  const last = JSON.parse(written.at(-1)!) as unknown;
  expect(last).toMatchObject({
    options: { maxDowntimeMilliseconds: 400, precopyIterations: 7 },
    goal: { askedMilliseconds: 400 },
    octetsSent: 5000,
    totalMilliseconds: expect.any(Number) as unknown,
    iterations: 1,
    pagesSent: 9,
    passes: [{ ...pass, octetsPerSecond: 4000 }],
  });
  expect(last).not.toHaveProperty('goal.met');
  expect(faultsOf(last)).toEqual([]);
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
  view.failed({ message: 'cut', advice: [], exitStatus: 1 }, account());
  expect(written).toMatchObject([{ event: 'left-out', events: 4 }, { event: 'failed' }]);
  expect(written.flatMap(faultsOf)).toEqual([]);
});

test('pages of zeros are summed up in the last line, where there were any', () => {
  const last = (zeros: object) => {
    const written: string[] = [];
    const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
    const report = reportOf(300);
    view.complete({ ...report, passes: [pass, { ...pass, ...zeros }, { ...pass, ...zeros }] }, account());
    return JSON.parse(written.at(-1)!) as { event: string };
  };
  const line = last({ zeroPages: 7, octetsSaved: 28_704 });
  expect(line).toMatchObject({ event: 'complete', zeroPages: 14, octetsSaved: 57_408 });
  expect(faultsOf(line)).toEqual([]);
  expect(last({})).not.toHaveProperty('zeroPages');
  expect(last({})).not.toHaveProperty('octetsSaved');
});
