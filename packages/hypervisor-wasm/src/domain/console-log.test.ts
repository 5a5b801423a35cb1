import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConsoleLog } from './console-log.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mig-console-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const octets = (text: string) => new TextEncoder().encode(text);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

it('starts anew where it gets too long, and keeps one generation', () => {
  const log = new ConsoleLog(join(folder, 'console.log'), 10);
  for (const text of ['first\n', 'second\n', 'third\n']) log.write(octets(text));
  expect(read('console.log')).toBe('third\n');
  expect(read('console.log.0')).toBe('second\n');
});

it('says a line of its own on a line of its own', () => {
  const log = new ConsoleLog(join(folder, 'console.log'));
  log.write(octets('half'));
  log.say('crashed');
  expect(read('console.log')).toBe('half\ncrashed\n');
});
