/// <reference lib="dom" />
/** Tests of `xl evacuate-status --serve`: the page of a run, in a browser. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CHROMIUM, hasChromium, openBrowser } from '../harness/chromium.js';
import { type Fleet, test } from '../harness/fleet.js';
import { addressOf, enter } from '../harness/page.js';
import type { Program } from '../harness/program.js';

/** Guests whose moves can be held, in the order in which they move. One has a name that a page must not take for markup. */
const large = { memory: 16, cmdline: 'pages=500 rate=50 pattern=random' };
const names = ['<i>a&lt;', 'b', 'c'];
const UNTIL = { timeout: 150_000 };

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Begins a run of which two domains are on their way until they are let go, and one waits. */
async function begin(fleet: Fleet): Promise<Program> {
  for (const name of names) await fleet.source.create({ ...large, name });
  await fleet.hold(fleet.left, fleet.right);
  const run = fleet.source.start(
    ...fleet.evacuation('--to', 'left,right', '--link', '1Gbit/s', '--out', '2'),
  );
  for (const name of names.slice(0, 2)) {
    await run.untilEvent(`${name} moves`, ({ domain, state }) => domain === name && state === 'moving');
  }
  return run;
}

/** Serves the page. @returns the program, and the address that it prints */
async function serve(fleet: Fleet, ...options: string[]): Promise<{ server: Program; url: string }> {
  const server = fleet.source.start('evacuate-status', '--serve', '0', ...options);
  return { server, url: await addressOf(server) };
}

async function wantedOf({ source }: Fleet): Promise<unknown> {
  return (JSON.parse(await source.done('evacuate-status', '--json')) as { wanted: unknown }).wanted;
}

test('what cannot be served is refused', async ({ fleet }) => {
  const { source } = fleet;
  const refused = async (...options: string[]) => {
    const { status, stdout, stderr } = await source.xl('evacuate-status', ...options);
    return [status, stdout, stderr];
  };
  expect(await refused('--serve', '0')).toEqual([1, '', 'xl: this host has not been evacuated\n']);
  await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
  await source.done(...fleet.evacuation('--to', 'left'));
  const { server, url } = await serve(fleet);
  const { port } = new URL(url);
  const taken = `xl: --serve: 127.0.0.1:${port} is taken: another port, or 0 for any that is free\n`;
  expect(await refused('--serve', port)).toEqual([1, '', taken]);
  expect(await refused('--serve', '192.0.2.1:0')).toEqual([
    ...[1, '', 'xl: --serve: 192.0.2.1 is no address of this host\n'],
  ]);
  for (const options of [
    ['--serve', 'x'],
    ['--control'],
    ['--serve', '0', '--json'],
    ['--serve', '0', '--watch'],
  ]) {
    expect(await refused(...options)).toEqual([2, '', expect.stringMatching(/^xl: .*--serve/)]);
  }
  server.kill('SIGINT');
  expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
});

test('a report has all domains of a run, and their migrations on one axis', async ({ fleet }) => {
  const { source } = fleet;
  for (const name of ['one', 'two']) await source.create({ kernel: 'idle', memory: 1, cmdline: '', name });
  await source.done(...fleet.evacuation('--to', 'left'));
  const file = join(fleet.folder, 'run.html');
  expect(await source.done('evacuate-status', '--report', file)).toBe('');
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('<h1>Emptying source</h1>');
  for (const name of ['one', 'two']) {
    expect(page).toContain(`<th scope="row">${name}</th>`);
    expect(page).toMatch(new RegExp(`aria-label="downtime of ${name}: [0-9.]+ m?s, from `));
  }
  const { run } = JSON.parse(await source.done('evacuate-status', '--json')) as { run: string };
  await source.done(...fleet.evacuation('--back', run));
  expect(await source.done('evacuate-status', '--report', file)).toBe('');
  const back = readFileSync(file, 'utf8');
  expect(back).toContain('<h1>Bringing domains back to source</h1>');
  for (const name of ['one', 'two']) {
    expect(back).toMatch(new RegExp(`aria-label="downtime of ${name}: [0-9.]+ m?s, from `));
  }
  const { status, stderr } = await source.xl('evacuate-status', '--report', `${file}.pdf`);
  expect([status, stderr]).toEqual([
    2,
    `xl: --report must be a file that ends in .html, not '${file}.pdf'\n`,
  ]);
  expect(
    await source.xl('evacuate-status', '--report', join(fleet.folder, 'none', 'run.html')),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no such file or directory') as unknown,
  });
});

test('an order is for the run that was seen; an abort needs no controller', async ({ fleet }) => {
  const run = await begin(fleet);
  const { server, url } = await serve(fleet, '--control');
  const { order } = await enter(url);
  const id = (JSON.parse(await fleet.source.done('evacuate-status', '--json')) as { run: string }).run;
  expect(await order({ run: 'other', order: 'abort' })).toEqual([
    409,
    `Another run has begun since: ${id}.\n`,
  ]);
  expect(await wantedOf(fleet)).toBe('go');
  run.kill('SIGKILL');
  await run.exited;
  await fleet.letGo();
  expect(await order({ run: id, order: 'abort' })).toEqual([
    ...[200, 'The run is aborted: what is still here stays.\n'],
  ]);
  expect(JSON.parse(await fleet.source.done('evacuate-status', '--json'))).toHaveProperty('ended');
  expect(await order({ run: id, order: 'go' })).toEqual([409, 'The run is over.\n']);
  server.kill('SIGHUP');
  expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
});

describe.skipIf(!hasChromium())(`the page of a run, seen in ${CHROMIUM}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  /**
   * Opens a page.
   * @returns the page, and its errors and requests to others
   */
  async function opened(url: string): Promise<{ page: Page; faults: string[] }> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(UNTIL.timeout);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => faults.push(message.text()));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    return { page, faults };
  }

  /** Finds what the rules of accessibility have against the page. */
  const violations = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      const { run } = (window as unknown as { axe: typeof import('axe-core') }).axe;
      const found = await run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
  };

  test('it shows the run, and pauses, continues and aborts it', async ({ fleet }) => {
    const run = await begin(fleet);
    const { server, url } = await serve(fleet, '--control');
    const { page, faults } = await opened(url);
    await page.getByRole('heading', { name: 'Emptying source' }).waitFor();
    // The token is not left in the address, nor in the history.
    expect(page.url()).toBe(url.replace(/#.*/, ''));
    const rows = page.getByRole('table', { name: 'Domains' }).locator('tbody tr');
    await expect
      .poll(() => rows.locator('th').allInnerTexts(), UNTIL)
      .toEqual(expect.arrayContaining(names.map((name) => expect.stringContaining(name) as unknown)));
    await page.getByText('2 moving, 1 waiting').waitFor();
    await page
      .getByText(/^moves to (left|right): precopy$/)
      .first()
      .waitFor();
    await page.getByRole('heading', { name: /^source/ }).waitFor();
    await page
      .getByText(/ GiB free$/)
      .first()
      .waitFor();

    for (const width of [360, 1600]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await violations(page), `${width} ${colorScheme}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    }

    // From the keyboard alone.
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    expect(await focused.innerText()).toBe('Pause');
    await page.keyboard.press('Enter');
    await page.getByText('Paused: running migrations go on, no other begins', { exact: true }).waitFor();
    expect(await wantedOf(fleet)).toBe('pause');
    expect(await focused.innerText()).toBe('Continue');
    await page.keyboard.press('Enter');
    await page.getByText('Under way', { exact: true }).waitFor();
    expect(await wantedOf(fleet)).toBe('go');

    await page.getByRole('button', { name: 'Abort …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Abort this run?' });
    expect(await focused.innerText()).toBe('Let it go on');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await wantedOf(fleet)).toBe('go');

    await page.getByRole('button', { name: 'Abort …' }).click();
    await dialog.getByRole('button', { name: 'Abort run' }).click();
    await page
      .getByText('Being aborted: what is still here stays', { exact: true })
      .or(page.getByText('Over: not all have moved'))
      .first()
      .waitFor();
    await fleet.letGo();
    await run.ended;
    await page.getByText('Over: not all have moved', { exact: true }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);

    server.kill('SIGINT');
    expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
    await page.getByText(/^The connection is lost/).waitFor();
  });

  test('it is read-only without --control, for whoever has its address', async ({ fleet }) => {
    const run = await begin(fleet);
    const { server, url } = await serve(fleet);
    const { page } = await opened(url);
    await page.getByRole('heading', { name: 'Emptying source' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ run: 'any', order: 'abort' });
      const headers = { 'Content-Type': 'application/json' };
      return (await fetch('/order', { method: 'POST', headers, body })).status;
    });
    expect(status).toBe(403);

    // Again without the token: the cookie is enough. Without both it is not.
    await page.goto(url.replace(/#.*/, ''));
    await page.getByRole('heading', { name: 'Emptying source' }).waitFor();
    const stranger = await opened(url.replace(/#.*/, '#wrong'));
    await stranger.page
      .getByText("Open the page by the address that 'evacuate-status --serve' printed.")
      .waitFor();
    expect(await stranger.page.getByRole('table').count()).toBe(0);

    run.kill('SIGKILL');
    await page
      .getByText("No controller is at work: 'mig evacuate' goes on with the run", { exact: true })
      .waitFor();
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
  });
});
