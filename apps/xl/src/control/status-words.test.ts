import type { OperatorStatus } from '@mig/operator';
import { expect, test } from 'vitest';
import { noAnswerLine, statusLine } from './status-json.js';
import { statusTable } from './status-table.js';
import { endSentences, statusParagraph, statusSentence } from './status-words.js';

const record = { domid: 7, domain: 'busy', target: 'host2', pid: 4711 };
const early: OperatorStatus = {
  ...record,
  phase: 'awaiting-banner',
  iteration: 0,
  octetsSent: 0,
  elapsedMilliseconds: 40,
  course: { precopyIterations: 5, precopyThreshold: 50 },
};
const late: OperatorStatus = {
  ...record,
  phase: 'stop-and-copy',
  iteration: 1,
  pass: { kind: 'stop-and-copy', iteration: 1, dirtyPages: 400, pagesDone: 100 },
  dirtyPages: 400,
  sendRate: 2560,
  dirtyRate: 99.6,
  octetsSent: 2 ** 20,
  elapsedMilliseconds: 2500,
  estimatedDowntimeMilliseconds: 170,
  passLeftMilliseconds: 120,
  course: {
    maxDowntime: 300,
    abortIfBusy: true,
    timeout: 60_000,
    bandwidth: 12_500_000,
    bandwidthAlways: true,
  },
  ownPolicy: '/mine.js',
  precopyEnd: { code: 'operator', sentence: 'the operator asked for the switchover' },
};

test('what is not known yet is not shown as a figure', () => {
  expect(statusParagraph(early)).toEqual([
    'busy (domid 7) to host2, by process 4711',
    '  phase         connecting',
    '  live passes   0 done',
    '  pass          none yet',
    '  dirty         not known yet',
    '  sent          0 bytes',
    '  elapsed       40 ms',
    '  downtime      not known yet',
    '  goals         at most 50 pages dirty',
    '  limits        5 live passes',
    '  bandwidth     no limit',
  ]);
  expect(statusSentence(early)).toBe('busy: connecting');
});

test('what is known is said in full', () => {
  expect(statusParagraph(late)).toEqual([
    'busy (domid 7) to host2, by process 4711',
    '  phase         stop-and-copy',
    '  live passes   1 done',
    '  pass          1 (stop-and-copy), 100 of 400 pages, about 120 ms left',
    '  dirty         400 pages when the log was last read',
    '  written       at least 100 pages/s',
    '  sent          1.0 MiB',
    '  rate          2560 pages/s, 10.0 MiB/s',
    '  elapsed       2.50 s',
    '  downtime      about 170 ms',
    '  goals         an estimated downtime of at most 300 ms',
    '  limits        60 s of precopy, then suspend; where one is reached first, the domain is left running here',
    '  bandwidth     100 Mbit/s, of the suspended domain, too',
    '  own policy    /mine.js',
    '  precopy ends  the operator asked for the switchover',
  ]);
});

test('the table has a line each, of one that does not answer as well', () => {
  const [heading, ...rows] = statusTable([early, late, { record }]);
  expect(heading).toMatch(/^Name +ID +To +Phase +Pass +Done +Dirty +Rate +Downtime +Elapsed$/);
  expect(rows.map((row) => row.split(/ {2,}| (?=host2)/))).toEqual(
    [
      ['busy', '7 host2', 'connecting', '-', '-', '-', '-', '-', '40 ms'],
      ['busy', '7 host2', 'stop-and-copy', '1', '25 %', '400', '10.0 MiB/s', '170 ms', '2.50 s'],
      ['busy', '7 host2', 'no answer', '-', '-', '-', '-', '-', '-'],
    ].map(([name, to, ...rest]) => [name, ...to!.split(' '), ...rest]),
  );
});

test.each([
  [60, ['Name', 'ID', 'To', 'Phase', 'Done', 'Rate', 'Downtime']],
  [39, ['Name', 'Phase', 'Done', 'Downtime']],
  [25, ['Name', 'Done', 'Downtime']],
])('a table for %d columns has less in it', (width, heading) => {
  const rows = statusTable([{ ...late, domain: 'database1', leastDowntimeMilliseconds: 60 }], width);
  expect(rows[0]!.split(/ +/)).toEqual(heading);
  expect(rows[1]).toContain('<170 ms');
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(width);
});

test('the table and the line fit a terminal of 100 columns, whatever the names', () => {
  const long: OperatorStatus = {
    ...late,
    domain: 'n'.repeat(255),
    target: 'h'.repeat(64),
    pass: { kind: 'precopy', iteration: 29, dirtyPages: 1e8, pagesDone: 1e8 },
    dirtyPages: 12_345_678,
    sendRate: 26_188_000,
    leastDowntimeMilliseconds: 60,
    estimatedDowntimeMilliseconds: 3_599_000,
    elapsedMilliseconds: 86_399_000,
  };
  const rows = (['precopy', 'awaiting-ready', 'awaiting-report'] as const).map((phase) => ({
    ...long,
    phase,
  }));
  for (const row of statusTable(rows, 99)) expect(row.length).toBeLessThanOrEqual(99);
  expect(statusTable(rows)[1]).toContain(long.domain);
  expect(
    statusSentence({ ...long, domain: 'database1', phase: 'awaiting-ready' }).length,
  ).toBeLessThanOrEqual(99);
});

test('bounds of a downtime are marked, as the line is not measured', () => {
  const bounds: OperatorStatus = { ...late, leastDowntimeMilliseconds: 60 };
  expect(statusParagraph(bounds)).toContain(
    '  downtime      60 ms to 170 ms (the line without the bandwidth is not measured)',
  );
  expect(statusTable([bounds])[1]).toMatch(/ <170 ms /);
  expect(statusTable([late])[1]).toMatch(/ 170 ms /);
});

test('JSON has the schema it follows', () => {
  expect(JSON.parse(statusLine(early))).toEqual({ schema: 1, event: 'status', ...early });
  expect(JSON.parse(noAnswerLine(record, 'late'))).toEqual({
    schema: 1,
    event: 'no-answer',
    ...record,
    why: 'late',
  });
});

test('the end is said with what became of the domain', () => {
  const moved = {
    outcome: 'moved',
    exitStatus: 0,
    message: '',
    advice: ['busy runs at host2.'],
    asBefore: false,
  } as const;
  expect(endSentences(record, moved)).toEqual(['busy was migrated.', 'busy runs at host2.']);
  const kept = {
    outcome: 'keeps-running',
    exitStatus: 1,
    message: 'cut',
    advice: ['It runs.'],
    asBefore: true,
  } as const;
  expect(endSentences(record, kept)).toEqual(['busy was not migrated: cut.', 'It runs.']);
});
