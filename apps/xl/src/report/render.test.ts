import { describe, expect, test } from 'vitest';
import { renderReport } from './render.js';
import { failed, sample, torn } from './sample.test-support.js';
import { reportModelOf } from './report-model.js';

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
/** Matches what would make a browser fetch or run something; namespaces are only names. */
const FOREIGN = /<script|<link|\bsrc=|xlink:href|@import|url\(|\bon\w+=|https?:\/\/(?!www\.w3\.org\/)/i;

describe.each(['html', 'svg'] as const)('as %s', (format) => {
  test('a migration has its passes, its downtime, its decisions and its figures', async () => {
    const page = await renderReport(sample, format);
    expect(page).toContain('Migration of busy to host2');
    expect(page).toContain('Succeeded.');
    for (const name of ['0 precopy', '1 precopy', '2 stop-and-copy']) {
      expect(count(page, new RegExp(`aria-label="${name}: [^"]*"`, 'g'))).toBe(1);
    }
    expect(page).toMatch(/aria-label="downtime: 47 ms, from 2\.76 s"/);
    expect(page).toMatch(/aria-label="after 2 passes: 400 pages dirty, downtime now 20 ms: stop-and-copy"/);
    expect(page).toMatch(/aria-label="--max-downtime 30 ms"/);
    expect(page).toContain('65\u202f536');
    expect(page).not.toMatch(FOREIGN);
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  test('the same records give the same page', async () => {
    expect(await renderReport(sample, format)).toBe(await renderReport([...sample], format));
  });

  test('one that failed says why, and what became of the domain', async () => {
    const page = await renderReport(failed, format);
    expect(page).toContain('Failed.');
    expect(page).toContain('&lt;b&gt;the connection broke&lt;/b&gt;');
    expect(page).not.toContain('<b>');
    expect(page).toContain('busy keeps running here.');
    expect(page).not.toContain('aria-label="downtime:');
  });

  test('a trace that is torn gives what it has, and says so', async () => {
    const page = await renderReport(torn, format, { kind: 'torn', offset: 999, octets: 7 });
    expect(page).toContain('Unknown.');
    expect(page).toContain('the trace is torn: 7 octets');
    expect(count(page, /aria-label="0 precopy: /g)).toBe(1);
  });

  test('what the operator has changed is said, and the goal is drawn for as long as it held', async () => {
    const changed = { type: 'course', at: 2612, settings: { 'max-downtime': 100 } } as const;
    const page = await renderReport([...sample.slice(0, 10), changed, ...sample.slice(10)], format);
    expect(page).toMatch(/from 2\.61\Ws on[^]*max-downtime 100\Wms/);
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

  test('nothing but a header is a page, too', async () => {
    const page = await renderReport(sample.slice(0, 1), format);
    expect(page).toContain('the trace ends before the migration does');
  });

  test('a hundred passes have room', async () => {
    const [header] = sample;
    const many = Array.from({ length: 100 }, (_, iteration) => {
      const pass = { at: 10 * iteration, kind: 'precopy', iteration, dirtyPages: 1000 } as const;
      return [
        { type: 'pass-started', ...pass } as const,
        {
          type: 'pass',
          ...pass,
          at: pass.at + 9,
          sentPages: 1000,
          octets: 4_100_000,
          milliseconds: 9,
        } as const,
      ];
    }).flat();
    const page = await renderReport([header!, ...many], format);
    expect(count(page, /aria-label="\d+ precopy: /g)).toBe(100);
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
  expect(page).toMatch(/total time<\/dt><dd>250\.0\Ws/);
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
  expect(reportModelOf(back).downtime).toEqual({ from: 2763, to: 2850 });
});
