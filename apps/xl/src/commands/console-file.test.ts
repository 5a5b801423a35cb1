import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { ConsoleFile } from './console-file.js';

const folder = mkdtempSync(join(tmpdir(), 'xl-console-'));
const path = join(folder, 'console');
afterAll(() => rmSync(folder, { recursive: true }));

function readAll(file: ConsoleFile): string {
  const octets: Uint8Array[] = [];
  file.readAll((each) => octets.push(each.slice()));
  return Buffer.concat(octets).toString();
}

function lastLines(text: string, count: number): string {
  writeFileSync(path, text);
  const file = ConsoleFile.open(path);
  file.seekLastLines(count);
  const found = readAll(file);
  file.close();
  return found;
}

it('finds the last lines of any text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('', 'a', 'b\nc', 'x'.repeat(70_000))),
      fc.nat(6),
      fc.boolean(),
      (lines, count, open) => {
        const text = lines.join('\n') + (open || lines.length === 0 ? '' : '\n');
        const all = text.split(/(?<=\n)/).filter((line) => line !== '');
        expect(lastLines(text, count)).toBe(count === 0 ? '' : all.slice(-count).join(''));
      },
    ),
    { numRuns: 60 },
  );
});

it('begins anew where the log was emptied', () => {
  writeFileSync(path, 'before\n');
  const file = ConsoleFile.open(path);
  expect(readAll(file)).toBe('before\n');
  truncateSync(path);
  writeFileSync(path, 'new\n');
  expect(readAll(file)).toBe('new\n');
  file.close();
});

it('goes on with the log that takes its place', () => {
  writeFileSync(path, 'one\n');
  const file = ConsoleFile.open(path);
  expect(readAll(file)).toBe('one\n');
  appendFileSync(path, 'two\n');
  renameSync(path, `${path}.0`);
  writeFileSync(path, 'three\n');
  expect(readAll(file)).toBe('two\nthree\n');
  expect(readAll(file)).toBe('');
  file.close();
});
