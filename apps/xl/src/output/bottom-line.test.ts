import { beforeEach, expect, test } from 'vitest';
import { BottomLine } from './bottom-line.js';

let written: string;
let line: BottomLine;
beforeEach(() => {
  written = '';
  line = new BottomLine((text) => (written += text));
});

/** The rows of a terminal after all that was written. */
function screen(): string[] {
  const rows: string[][] = [[]];
  let column = 0;
  for (const [piece] of written.matchAll(/\u001b\[K|[^]/g)) {
    const row = rows.at(-1)!;
    if (piece === '\n') rows.push([]);
    if (piece === '\n' || piece === '\r') column = 0;
    else if (piece === '\b') column--;
    else if (piece.length > 1) row.length = column;
    else row[column++] = piece;
  }
  return rows.map((row) => row.join('').trimEnd());
}

test.for([false, true])('others appear above it, and it stays below; plain: %s', (plain) => {
  line.text('before\n');
  line.show('a long bar', plain);
  line.show('a bar', plain);
  expect(screen()).toEqual(['before', 'a bar']);
  line.text('one\ntwo\n');
  expect(screen()).toEqual(['before', 'one', 'two', 'a bar']);
  line.clear();
  line.text('after\n');
  expect(screen()).toEqual(['before', 'one', 'two', 'after', '']);
});

test('a line that comes in pieces is not cut by it, nor cuts it', () => {
  line.text('a prompt: ');
  line.show('a bar', false);
  line.text('half a ');
  line.show('a bar, later', false);
  line.text('line\nand ano');
  expect(screen()).toEqual(['a prompt:', 'half a line', 'a bar, later']);
  line.clear();
  line.text('ther\n');
  expect(screen()).toEqual(['a prompt:', 'half a line', 'and another', '']);
});

test('of a line that others draw anew it shows what came last', () => {
  line.show('a bar', false);
  line.text('10 %\r20 %');
  line.text('\r100 %\r\n');
  line.text('a long text\rb\rc\n');
  expect(screen()).toEqual(['100 %', 'c', 'a bar']);
});

test('no more than a bound waits for the end of its line', () => {
  line.show('a bar', false);
  line.text('x'.repeat(5000));
  expect(screen()).toEqual(['x'.repeat(5000), 'a bar']);
});

test('plain, it needs no escape code, and what others have chosen is none', () => {
  line.show('busy\u001b[2J', true);
  line.text('text\n');
  line.clear();
  expect(written).toMatch(/^[\n\r\b -~]*$/);
});
