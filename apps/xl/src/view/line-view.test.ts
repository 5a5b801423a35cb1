import { beforeEach, expect, test } from 'vitest';
import type { PrecopyStats } from '@mig/hypervisor';
import { Log } from '../output/log.js';
import { BarView } from './bar-view.js';
import { Account } from './account.js';
import { LineView } from './line-view.js';
import { reportOf } from './report.test-support.js';

let text: string;
let waiting: number;
let log: Log;
beforeEach(() => {
  text = '';
  waiting = 0;
  log = new Log(
    (each) => (text += each),
    () => waiting,
  );
});

const pass = { kind: 'precopy', iteration: 0, dirtyPages: 9 } as const;
const passed = {
  kind: 'pass-finished',
  pass: { ...pass, sentPages: 9, octets: 9, milliseconds: 9 },
} as const;
const of = {
  domain: 'busy',
  uuid: '',
  target: 'host2',
  ownPolicy: undefined,
  debug: false,
  paused: false,
};
const failure = { message: 'cut', advice: ['it runs here'], exitStatus: 1 };

test('where nobody reads for long lines are left out, which is said, but not how it ended', () => {
  const view = new LineView(log);
  view.event(passed);
  waiting = 2_000_000;
  view.event(passed);
  view.note('a remark');
  view.failed(failure);
  expect(text.split('\n')).toEqual([
    'pass 0 (precopy): 9 pages, 9 bytes in 9 ms, 1000 bytes/s',
    'xl: 2 lines were left out here: nobody read them',
    'Migration failed: cut.',
    'it runs here',
    '',
  ]);
});

test.for([
  { asked: undefined, downtime: 330, paused: false, says: 'busy runs at host2. Downtime 330 ms.' },
  { asked: 300, downtime: 330, paused: false, says: 'busy runs at host2. Downtime 330 ms, more than the 300 ms asked for.' },
  { asked: 300, downtime: 300.2, paused: false, says: 'busy runs at host2. Downtime 301 ms, more than the 300 ms asked for.' },
  { asked: 1000, downtime: 1000.2, paused: false, says: 'busy runs at host2. Downtime 1.01 s, more than the 1000 ms asked for.' },
  { asked: 300, downtime: 243, paused: true, says: 'busy is at host2, paused. Downtime 243 ms, within the 300 ms asked for.' },
])('the summary begins with a verdict: $says', ({ asked, downtime, paused, says }) => {
  const settings = asked === undefined ? {} : { maxDowntime: asked };
  new LineView(log).complete(reportOf(downtime), new Account({ ...of, paused, settings }));
  expect(text.split('\n')[0]).toBe(`Migration successful: ${says}`);
}); // prettier-ignore

test('pages of zeros that were sent by their numbers are told, for a pass and at the end', () => {
  const view = new LineView(log);
  const zeros = { zeroPages: 7, octetsSaved: 28_704 };
  view.event({ kind: 'pass-finished', pass: { ...passed.pass, sentPages: 2, ...zeros } });
  const report = reportOf(330);
  const passes = [
    { ...report.passes[0]!, ...zeros },
    { ...report.passes[0]!, ...zeros },
  ];
  view.complete({ ...report, passes }, new Account({ ...of, settings: {} }));
  const lines = text.split('\n');
  expect(lines[0]).toBe('pass 0 (precopy): 2 of 9 pages and 7 of zeros, 9 bytes in 9 ms, 1000 bytes/s');
  expect(lines.at(-2)).toBe('14 pages of zeros sent by their numbers, 56.1 KiB saved');
});

const keeps = 'busy keeps running here; the target discards its incomplete copy.';
test.for([
  {
    failure: { message: 'stopped by Ctrl-C', advice: [keeps], exitStatus: 1, stoppedBy: 'signal' },
    says: [`Migration stopped by Ctrl-C: ${keeps}`],
  },
  {
    failure: { message: 'stopped by mig migrate-abort', advice: [keeps], exitStatus: 7, stoppedBy: 'operator' },
    says: [`Migration stopped by mig migrate-abort: ${keeps}`],
  },
  {
    failure: { message: '9 s of precopy, 9 s allowed', advice: [keeps], exitStatus: 7, stoppedBy: 'policy' },
    says: ['Migration stopped: 9 s of precopy, 9 s allowed.', keeps],
  },
] as const)('an end that was asked for is no failure: $says.0', ({ failure, says }) => {
  new LineView(log).failed(failure);
  expect(text).toBe(`${says.join('\n')}\n`);
}); // prettier-ignore

test('a bar is drawn through the log, and not while nobody looks', () => {
  let now = 0;
  const view = new BarView(
    log,
    () => ({ plain: true, width: 79 }),
    () => (now += 1000),
  );
  const progress = { kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 9, pagesDone: 1 } } as const;
  const drawn = (): boolean => {
    text = '';
    view.event({ kind: 'pass-started', pass });
    view.event(progress);
    view.event(passed);
    return text.includes('pass 0 [###-----');
  };
  expect(drawn()).toBe(true);
  waiting = 100_000;
  expect(drawn()).toBe(false);
  waiting = 0;
  expect(drawn()).toBe(true);
  view.failed(failure);
  expect(text).toContain('Migration failed: cut.\n');
});

test.for([
  ['dirty-count-known', ' written since that count'],
  ['pass-finished', ' written during the last pass'],
  ['between-batches', ' not sent yet or written meanwhile'],
] as const)('pages of the last pass are explained where live passes ended at %s', ([point, which]) => {
  const view = new LineView(log);
  const reason = { code: 'threshold', sentence: '0 pages dirty' };
  const stats = { point, iteration: 4 } as PrecopyStats;
  view.event({ kind: 'consulted', stats, answer: { decision: 'stop-and-copy', reason } });
  view.event({ kind: 'precopy-ended', reason });
  view.event({ kind: 'pass-finished', pass: { ...passed.pass, kind: 'stop-and-copy', sentPages: 8 } });
  expect(text).toBe(
    `precopy ended: 0 pages dirty\npass 0 (stop-and-copy): 8 of 9 pages${which}, 9 bytes in 9 ms, 1000 bytes/s\n`,
  );
});

test("another shell's change is shown, and passes are not repeated at the end", () => {
  const view = new LineView(log);
  view.event({ kind: 'settings-changed', before: {}, settings: { maxDowntime: 100 } });
  view.event(passed);
  view.complete(reportOf(9), new Account({ ...of, settings: {} }));
  expect(text).toContain('settings changed by migrate-set: --max-downtime 100 ms\n');
  expect(text.match(/precopy\b/g)).toHaveLength(2);
});
