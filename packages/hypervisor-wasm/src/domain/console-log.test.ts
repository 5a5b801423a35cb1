import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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

it('keeps the end of what is longer than a log, and no more than two of them in all', () => {
  const log = new ConsoleLog(join(folder, 'console.log'), 10);
  log.write(octets('first\n'));
  log.write(octets('0123456789abcdefghij\n'));
  expect([read('console.log.0'), read('console.log')]).toEqual(['first\n', 'bcdefghij\n']);
  log.write(octets('x'.repeat(10)));
  expect([read('console.log.0'), read('console.log')]).toEqual(['bcdefghij\n', 'xxxxxxxxxx']);
  log.say('crashed, and said so at length');
  expect(read('console.log')).toBe(' at length\n'.slice(-10));
});

it('says a line of its own on a line of its own', () => {
  const log = new ConsoleLog(join(folder, 'console.log'));
  log.write(octets('half'));
  log.say('crashed');
  expect(read('console.log')).toBe('half\ncrashed\n');
});

it('loses what a full disk does not take', () => {
  symlinkSync('/dev/full', join(folder, 'console.log'));
  const log = new ConsoleLog(join(folder, 'console.log'));
  log.write(octets('lost\n'));
  log.say('crashed');
});

it('loses the rest of what fits in part', () => {
  const script = `
    import { ConsoleLog } from '${new URL('../../dist/domain/console-log.js', import.meta.url).href}';
    const log = new ConsoleLog(process.argv[1]);
    log.write(new Uint8Array(5000).fill(120));
    log.say('crashed');
  `;
  const node = [process.execPath, '--input-type=module', '-e', script, join(folder, 'console.log')];
  // bash counts kilobytes, other shells half of that.
  const { status } = spawnSync('/bin/sh', ['-c', 'ulimit -f 4; exec "$0" "$@"', ...node], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(status).toBe(0);
  expect(read('console.log')).toMatch(/^(x{2048}|x{4096})$/);
});

it('goes on where it was, or starts anew, once that is possible', () => {
  const log = new ConsoleLog(join(folder, 'console.log'), 10);
  log.write(octets('first\n'));
  mkdirSync(join(folder, 'console.log.0'));
  log.write(octets('second\n'));
  log.write(octets('1st\n'));
  expect(read('console.log')).toBe('first\n1st\n');
  rmSync(join(folder, 'console.log.0'), { recursive: true });
  log.write(octets('third\n'));
  expect([read('console.log.0'), read('console.log')]).toEqual(['first\n1st\n', 'third\n']);
});

it('starts anew where its file was taken away', () => {
  const log = new ConsoleLog(join(folder, 'console.log'), 10);
  log.write(octets('first\n'));
  rmSync(join(folder, 'console.log'));
  log.write(octets('second\n'));
  expect(read('console.log')).toBe('second\n');
});
