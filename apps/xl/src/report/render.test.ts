import { describe, expect, test } from 'vitest';
import { renderReport } from './render.js';
import { INK } from './ink.js';
import { failed, longest, sample, scaled, torn } from './sample.test-support.js';
import { reportModelOf } from './report-model.js';

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
/** Matches what would make a browser fetch or run something; namespaces are only names. */
const FOREIGN = /<script|<link|\bsrc=|xlink:href|@import|url\(|\bon\w+=|https?:\/\/(?!www\.w3\.org\/)/i;

describe.each(['html', 'svg'] as const)('as %s', (format) => {
  test('a migration has its passes, its downtime, its decisions and its figures', async () => {
    const page = await renderReport(sample, format);
    expect(page).toContain('Migration of busy to host2');
    expect(page).toContain('Succeeded: downtime 47 ms, more than the 30 ms asked for.');
    for (const name of ['0 precopy', '1 precopy', '2 stop-and-copy']) {
      expect(count(page, new RegExp(`aria-label="${name}: [^"]*"`, 'g'))).toBe(1);
    }
    expect(page).toMatch(/aria-label="downtime: 47 ms, from 2\.72 s"/);
    expect(page).toMatch(/aria-label="after 2 passes: 400 pages dirty, downtime now 20 ms: stop-and-copy"/);
    expect(page).toMatch(/aria-label="--max-downtime 30 ms"/);
    expect(page).toContain('65,536');
    expect(page).not.toMatch(FOREIGN);
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  test('the same records give the same page', async () => {
    expect(await renderReport(sample, format)).toBe(await renderReport([...sample], format));
  });

  test('one that failed says why, and what became of the domain', async () => {
    const page = await renderReport(failed, format);
    expect(page).toContain('Failed: &lt;b&gt;the connection broke&lt;/b&gt;.');
    expect(page).not.toContain('<b>');
    expect(page).toContain('busy keeps running here.');
    expect(page).not.toContain('aria-label="downtime:');
  });

  test('a trace that is torn gives what it has, and says so', async () => {
    const page = await renderReport(torn, format, { kind: 'torn', offset: 999, octets: 7 });
    expect(page).toContain('Unknown.');
    expect(page).toContain('the trace is torn: 7 bytes');
    expect(count(page, /aria-label="0 precopy: /g)).toBe(1);
  });

  test('what the operator has changed is said, and the goal is drawn for as long as it held', async () => {
    const changed = { type: 'course', at: 2612, settings: { 'max-downtime': 100 } } as const;
    const page = await renderReport([...sample.slice(0, 10), changed, ...sample.slice(10)], format);
    expect(page).toMatch(/from 2\.57\Ws on[^]*max-downtime[^]*100\Wms/);
    expect(page).toMatch(/aria-label="--max-downtime 30 ms"/);
    expect(page).toMatch(/aria-label="--max-downtime 100 ms"/);
  });

  test('a downtime that is reckoned with a line that is not measured is marked', async () => {
    const records = sample.map((each) =>
      each.type === 'consulted' && each.estimatedDowntime === 170 ? { ...each, leastDowntime: 28 } : each,
    );
    const page = await renderReport(records, format);
    expect(page).toContain(
      'downtime now 28 ms to 170 ms (the line without the bandwidth is not measured): continue-precopy',
    );
    if (format === 'html') expect(page).toContain('&lt;170 ms');
  });

  test('digits are grouped alike in plots and tables', async () => {
    const page = await renderReport(scaled(sample, 100), format);
    expect(page).toContain('6,553,600');
    expect(page).not.toContain('\u202f');
  });

  test('nothing but a header is a page, too', async () => {
    const page = await renderReport(sample.slice(0, 1), format);
    expect(page).toContain('the trace ends before the migration does');
  });

  test('a hundred passes are shown in runs', async () => {
    const page = await renderReport(longest, format);
    const rows = [...page.matchAll(/aria-label="(\d+(?:–\d+)?) precopy: /g)].map(([, name]) => name);
    expect(rows).toEqual([
      '0',
      '1–10',
      ...Array.from({ length: 9 }, (_, i) => `${10 * i + 11}–${10 * i + 20}`),
    ]);
    expect(page).toMatch(/4\W001 to 4\W010/);
    // Ten passes of 24 ms each, and the log read for 1 ms after each.
    expect(page).toContain('aria-label="1–10 precopy: 27 ms to 276 ms, 240 ms"');
    expect(page).not.toMatch(/>249 ms</);
    expect(page).toContain('40,045');
  });
});

test('a terabyte sent has a page: the policy was asked a quarter of a million times', async () => {
  const [header, ...rest] = sample;
  const asked = rest.find((each) => each.type === 'consulted')!;
  const between = Array.from({ length: 250_000 }, (_, i) => ({
    ...asked,
    at: i,
    point: 'between-batches' as const,
  }));
  const page = await renderReport([header!, asked, ...between], 'html');
  expect(page).toMatch(/total time<\/dt><dd>4 min 10 s/);
  expect(page).toMatch(/Not shown: 250\W000 consultations/);
});

test('ids are there once in a page', async () => {
  const page = await renderReport(sample, 'html');
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a domain that was resumed stood still until then', () => {
  const back = [
    ...sample.slice(
      0,
      sample.findIndex((each) => each.type === 'state' && each.state === 'destroying'),
    ),
    { type: 'state', at: 2850, state: 'taken-back' } as const,
    { ...failed.at(-1)!, at: 2900 },
  ];
  const greeted = 40;
  expect(reportModelOf(back).downtime).toEqual({ from: 2763 - greeted, to: 2850 - greeted });
});

test('times begin with the greeting and end with the report: the total time is that of the axes', () => {
  const { length, passes, downtime } = reportModelOf(sample);
  expect(length).toBe(2770);
  expect(passes[0]!.from).toBe(2);
  expect(downtime!.to).toBe(length);
});

test('every colour is one that a dark screen changes, and text is never drawn in a colour of its own', async () => {
  const page = await renderReport(sample, 'html');
  const colours = [...page.matchAll(/ (?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour);
  const known: readonly unknown[] = [...Object.values(INK), 'none', 'transparent'];
  expect(colours.filter((colour) => !known.includes(colour))).toEqual([]);
});

test('a trace of hours and tebibytes has its scales', async () => {
  const page = await renderReport(scaled(sample, 10_000), 'html');
  expect(page).toMatch(/total time<\/dt><dd>7 h 42 min/);
  expect(page).toMatch(/time since the target[^<]* greeting \(h\)/);
  expect(page).not.toMatch(/\d{5,} (?:s|ms)\b/);
});
