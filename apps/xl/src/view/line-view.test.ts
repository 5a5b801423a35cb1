import { beforeEach, expect, test } from 'vitest';
import { Log } from '../output/log.js';
import { BarView } from './bar-view.js';
import { LineView } from './line-view.js';

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
const failure = { message: 'cut', advice: ['it runs here'], exitStatus: 1 };

test('where nobody reads for long lines are left out, which is said, but not how it ended', () => {
  const view = new LineView(log);
  view.event(passed);
  waiting = 2_000_000;
  view.event(passed);
  view.note('a remark');
  view.failed(failure);
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^pass 0 /),
    'xl: 2 lines were left out here: nobody read them',
    'Migration failed: cut.',
    'it runs here',
    '',
  ]);
});

test('a bar is drawn through the log, and not while nobody looks', () => {
  const view = new BarView(log);
  const progress = { kind: 'pass-progress', pass: { iteration: 0, dirtyPages: 9, pagesDone: 1 } } as const;
  const drawn = (): boolean => {
    text = '';
    view.event({ kind: 'pass-started', pass });
    view.event(progress);
    view.event(passed);
    return text.includes('pass 0 (precopy) |');
  };
  expect(drawn()).toBe(true);
  waiting = 100_000;
  expect(drawn()).toBe(false);
  waiting = 0;
  expect(drawn()).toBe(true);
  view.failed(failure);
  expect(text).toContain('Migration failed: cut.\n');
});
