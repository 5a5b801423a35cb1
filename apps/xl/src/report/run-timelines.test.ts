import { expect, test } from 'vitest';
import { renderRunReport, type RunReport, timelines } from './run-timelines.js';

const began = Date.UTC(2026, 11, 1, 9);
const report: RunReport = {
  title: 'Emptying <source>',
  heading: 'Over: not all have moved',
  kind: 'failed',
  circumstances: [['host', 'source']],
  began,
  ended: began + 20_000,
  domains: [
    {
      name: 'late',
      memory: 2 ** 30,
      words: 'runs at left',
      hasMoved: true,
      downtimeMilliseconds: 500,
      migration: {
        began: began + 8000,
        milliseconds: 10_000,
        downtimeMilliseconds: 500,
        octets: 2 ** 31,
        passes: 3,
      },
    },
    {
      name: 'early',
      memory: 2 ** 30,
      words: 'stays where it is: it was too busy',
      hasMoved: false,
      migration: { began: began + 1000, milliseconds: 5000, octets: 2 ** 20, passes: 1 },
    },
    { name: 'waits', memory: 2 ** 30, words: 'waits', hasMoved: false },
  ],
};

/** The data of a layer of the plot. */
function layer(index: number): Record<string, unknown>[] {
  const { layer: layers } = timelines(report)!.spec as {
    layer: { data: { values: Record<string, unknown>[] } }[];
  };
  return layers[index]!.data.values;
}

test('migrations are on one axis, in the order in which they began', () => {
  expect(layer(0)).toMatchObject([
    { row: 'early', from: 1, to: 6, kind: 'not moved' },
    { row: 'late', from: 8, to: 17.5, kind: 'on its way' },
  ]);
});

test('a domain stands still at the end of its migration', () => {
  expect(layer(1)).toMatchObject([{ row: 'late', from: 17.5, to: 18, label: '500 ms' }]);
});

test('domains of one name have a row each', () => {
  const twice = { ...report, domains: [report.domains[0]!, report.domains[0]!] };
  const { spec } = timelines(twice)!;
  const rows = (spec as { layer: { data: { values: { row: string }[] } }[] }).layer[0]!.data.values.map(
    ({ row }) => row,
  );
  expect(new Set(rows).size).toBe(2);
});

test('the page has the plot and every domain, and runs nothing', async () => {
  const page = await renderRunReport(report);
  expect(page).toContain('<title>Emptying &lt;source&gt;</title>');
  expect(page).toContain('Timelines of all domains');
  expect(page).toContain('1 of 3');
  for (const { words } of report.domains) expect(page).toContain(`<td>${words}</td>`);
  expect(page).not.toContain('<script');
});

test('without a migration there is no plot', async () => {
  expect(await renderRunReport({ ...report, domains: [report.domains[2]!] })).not.toContain('<svg');
});
