/// <reference lib="dom" />
/** Tests of `xl migrate --report`, and of the page in a browser. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { renderReport } from '../apps/xl/src/report/render.js';
import { longest, sample, scaled } from '../apps/xl/src/report/sample.test-support.js';
import { CHROMIUM, hasChromium, openBrowser } from './harness/chromium.js';
import { containing, expectMoved, expectRunsOn } from './harness/expectations.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

const GOAL = ['--max-downtime', '500', '--bandwidth', '80MB/s'];

/**
 * Migrates with a report of this suffix.
 * @returns its path, and the number of passes
 */
async function reported(hosts: TwoHosts, suffix: string): Promise<{ path: string; passes: number }> {
  const before = await hosts.source.create();
  const path = hosts.path(`report.${suffix}`);
  const migration = hosts.migrate({ options: [...GOAL, '--report', path] });
  expect(await migration.ended).toMatchObject({
    status: 0,
    stderr: expect.not.stringContaining('report') as unknown,
  });
  await expectMoved(hosts, before);
  const passes = migration.events().filter(({ event }) => event === 'pass').length;
  expect(passes).toBeGreaterThan(1);
  return { path, passes };
}

/** Windows in which a page is looked at: widths, and what the reader prefers. */
const LOOKS = [400, 900, 1600].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => [width, scheme] as const),
);

describe.skipIf(!hasChromium())(`a report, seen in ${CHROMIUM}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  /**
   * Opens a page.
   * @returns the page, and its errors and requests
   */
  async function opened(path: string): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage({ viewport: { width: 900, height: 1200 } });
    const faults: string[] = [];
    const address = pathToFileURL(path).href;
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => faults.push(message.text()));
    page.on('request', (request) => {
      if (request.url() !== address) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(address);
    return { page, faults };
  }

  /** Finds the visible marks: with an extent, and an accessible name. */
  const marks = (page: Page, name: string) =>
    page.locator(`.${name}_marks > [aria-label]`).evaluateAll((elements) =>
      elements
        .filter((element) => {
          const { width, height } = element.getBoundingClientRect();
          return width + height > 2;
        })
        .map((element) => element.getAttribute('aria-label') ?? ''),
    );

  async function expectMarks(page: Page, passes: number): Promise<void> {
    expect(await marks(page, 'pass')).toHaveLength(passes);
    expect(await marks(page, 'pages')).toHaveLength(2 * passes);
    expect(await marks(page, 'downtime')).toEqual([expect.stringMatching(/^downtime: \d/)]);
    expect((await marks(page, 'downtime_part')).length).toBeGreaterThan(2);
    expect((await marks(page, 'decision')).at(-1)).toMatch(/stop-and-copy$/);
    expect(await marks(page, 'verdict')).toEqual([expect.stringMatching(/^stop-and-copy at /)]);
    expect(await marks(page, 'goal')).toEqual(['--max-downtime 500 ms']);
  }

  /** Finds the texts of plots that do not lie within theirs, or lie over data. */
  const misplaced = (page: Page) =>
    page.locator('figure svg').evaluateAll((plots) =>
      plots.flatMap((plot) => {
        const frame = plot.getBoundingClientRect();
        const data = [...plot.querySelectorAll('.role-mark:is(.mark-rect, .mark-symbol) > path')].map(
          (mark) => mark.getBoundingClientRect(),
        );
        return [...plot.querySelectorAll('text')]
          .filter((text) => {
            const { left, right, top, bottom } = text.getBoundingClientRect();
            const isOutside =
              left < frame.left - 1 ||
              right > frame.right + 1 ||
              top < frame.top - 1 ||
              bottom > frame.bottom + 1;
            const isOver = (mark: DOMRect) =>
              left < mark.right - 1 &&
              right > mark.left + 1 &&
              top < mark.bottom - 1 &&
              bottom > mark.top + 1;
            return isOutside || data.some(isOver);
          })
          .map((text) => text.textContent);
      }),
    );

  const ground = (page: Page) =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  test('the HTML page has its marks and names, asks for nothing, and fits on paper', async ({ hosts }) => {
    const { path, passes } = await reported(hosts, 'html');
    const { page, faults } = await opened(path);
    await expectMarks(page, passes);

    const headings = await page.getByRole('heading').allTextContents();
    expect(headings).toEqual([
      'Migration of busy',
      'Timeline of the passes',
      expect.stringMatching(/^The downtime of .* in detail$/),
      'Dirty and sent pages per pass',
      'Rates while the domain runs',
      'Estimated downtime, and what the policy decided',
      'Figures',
    ]);
    const table = page.getByRole('table', { name: 'Passes' });
    expect(await table.getByRole('columnheader').allTextContents()).toContain('dirty pages');
    expect(await table.getByRole('rowheader').count()).toBe(passes);
    const unnamed = page.locator(
      'figure svg:not([aria-label]), figure svg:not(:has(> title)), th:not([scope])',
    );
    expect(await unnamed.count()).toBe(0);

    expect(await page.locator('.verdict strong').textContent()).toMatch(
      /^Succeeded: downtime .*, (within|more than) the 500 ms asked for\.$/,
    );
    expect(await page.locator('dl.circumstances').textContent()).toMatch(/from.*to.*date.*options/);
    for (const [width, colorScheme] of LOOKS) {
      await page.setViewportSize({ width, height: 1200 });
      await page.emulateMedia({ colorScheme });
      expect(await misplaced(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
      expect(await ground(page)).toMatch(colorScheme === 'dark' ? /^rgb\(20, / : /^rgb\(255, /);
      const widths = await page
        .locator('dl.figures, figure svg')
        .evaluateAll((each) => each.map((element) => Math.round(element.getBoundingClientRect().width)));
      // A narrow window scrolls them: their text stays legible.
      const [text, ...figures] = widths;
      expect(new Set(figures)).toEqual(new Set([Math.max(text!, 640)]));
    }

    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 690, height: 1000 });
    expect(await ground(page)).toMatch(/^rgb\(255, /);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    expect(
      await page
        .locator('figure')
        .first()
        .evaluate((each) => getComputedStyle(each).breakInside),
    ).toBe('avoid');
    await expectMarks(page, passes);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    expect(faults).toEqual([]);
    await page.close();
  });

  test.for([
    ['hours', scaled(sample, 10_000)],
    ['a hundred passes', longest],
  ] as const)('of %s the labels have their places', async ([name, records], { hosts }) => {
    const path = hosts.path(`${name}.html`);
    writeFileSync(path, await renderReport(records, 'html'));
    const { page, faults } = await opened(path);
    expect(await misplaced(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('the SVG has them, too', async ({ hosts }) => {
    const { path, passes } = await reported(hosts, 'svg');
    const { page, faults } = await opened(path);
    expect(await page.evaluate(() => document.documentElement.tagName)).toBe('svg');
    await expectMarks(page, passes);
    expect(await page.locator('[role=table] [role=row]').count()).toBe(1 + passes);
    expect(faults).toEqual([]);
    await page.close();
  });
});

describe.concurrent('a report', () => {
  test('is there of a migration that fails, too, with what failed', async ({ hosts }) => {
    const before = await hosts.source.create();
    const path = hosts.path('report.html');
    const migration = hosts.migrate({ options: ['--report', path], command: 'exec false' });
    expect(await migration.ended).toMatchObject({ status: 1 });
    const page = readFileSync(path, 'utf8');
    expect(page).toContain('<strong>Failed: the target sent no banner: ');
    await expectRunsOn(hosts.source, before);
  });

  test('that cannot be made or written is refused, and nothing is touched', async ({ hosts }) => {
    const before = await hosts.source.create();
    for (const [report, status, words] of [
      [hosts.path('report.pdf'), 2, '--report must be a file that ends in .html or .svg'],
      [hosts.path('none/report.html'), 1, 'none/report.html cannot be written: no such file or directory'],
      [hosts.folder + '/source/domains', 2, '.html or .svg'],
    ] as const) {
      const migration = hosts.migrate({ options: ['--report', report], command: 'touch touched' });
      expect(await migration.ended).toMatchObject({ status, stderr: containing(words) });
      expect(migration.events().map(({ event }) => event)).toEqual(status === 2 ? [] : ['schema', 'failed']);
    }
    expect(readdirSync(hosts.folder).filter((name) => name.includes('.part'))).toEqual([]);
    expect(existsSync('touched')).toBe(false);
    await expectRunsOn(hosts.source, before);
  });
});
