import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, record } from './record.mjs';
import { screens } from './screens.mjs';
import { svg } from './svg.mjs';

const size = { columns: 20, rows: 2 };
const output = (seconds: number, text: string) => ({ seconds, text: Buffer.from(text) });
const how = { ...size, title: 'A & B', secondsAtEnd: 1 };

test('the output is cut where time passed, behind the line of script, and begins with the first word', () => {
  const out = Buffer.from('Script started\nabc\r\n');
  expect(parse(out, '0.5 1\n0.25 4\n').map(({ seconds, text }) => [seconds, String(text)])).toEqual([
    [0, 'a'],
    [0.25, 'bc\r\n'],
  ]);
});

test('a command is recorded in a terminal of its size', () => {
  const recorded = record('sh -c "test -t 1 && stty size"', size);
  expect(Buffer.concat(recorded.map(({ text }) => text)).toString()).toContain('2 20\r\n');
});

test('a command that fails is no recording', () => {
  expect(() => record('sh -c "exit 3"', size)).toThrow('ended with status 3');
});

test('a line that is written again has versions, one after the other', async () => {
  const { lines } = await screens([output(0, 'half'), output(1, '\r\x1b[31mwhole\x1b[39m')], size);
  expect(lines[0]).toEqual([
    { from: 0, to: 1, runs: [{ text: 'half', colour: undefined, isBold: false }] },
    { from: 1, to: Infinity, runs: [{ text: 'whole', colour: 1, isBold: false }] },
  ]);
});

test('what follows at once is one version', async () => {
  const { lines } = await screens([output(0.51, 'a'), output(0.53, 'b')], size);
  expect(lines[0]?.map(({ runs }) => runs[0]?.text)).toEqual(['ab']);
});

test('lines above the screen have scrolled, and are kept', async () => {
  const { lines, scrolled } = await screens([output(0, '1\r\n2\r\n3'), output(2, '\r\n4')], size);
  expect(lines.map((versions) => versions.at(-1)?.runs[0]?.text)).toEqual(['1', '2', '3', '4']);
  expect(scrolled).toEqual([
    { from: 0, lines: 0 },
    { from: 0, lines: 1 },
    { from: 2, lines: 2 },
  ]);
});

test('the picture ends with the last versions, moves where motion is wanted, and needs nothing else', async () => {
  const drawn = svg(await screens([output(0, 'a < b'), output(1, '\r██░░ ')], size), how);
  expect(drawn).toContain('<title>A &amp; B</title>');
  expect(drawn).toContain('>a &lt; b</text>');
  expect(drawn.match(/<g class="past"/g)).toHaveLength(1);
  expect(drawn.match(/<rect x=/g)).toHaveLength(2);
  expect(drawn.indexOf('@keyframes')).toBeGreaterThan(drawn.indexOf('prefers-reduced-motion:no-preference'));
  expect(drawn).toContain('@keyframes v0{0%{visibility:visible}');
  expect(drawn).not.toMatch(/<script|href|url\(|@import/);
});

test('the picture of the README is drawn so, in colour, and small', () => {
  const picture = readFileSync(fileURLToPath(new URL('../../docs/demo.svg', import.meta.url)), 'utf8');
  expect(picture.length).toBeLessThan(150_000);
  expect(picture).toContain('none lost, none repeated');
  expect(picture).toContain('@keyframes v0{0%{visibility:visible}');
  expect(picture).toMatch(/<rect x=[^>]* fill="#39c5cf"/);
  expect(picture).not.toMatch(/<script|href|url\(|@import/);
});
