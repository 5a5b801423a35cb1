import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostWithFolder } from '../commands/fake-host.test-support.js';
import { forgetMove, lastMove, noteMove } from './moved-domains.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moved-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last move of a domain counts, and others are kept', () => {
  noteMove(folder, 'busy', 'one');
  noteMove(folder, 'idle', 'two');
  noteMove(folder, 'busy', 'three');
  expect([lastMove(folder, 'busy')?.to, lastMove(folder, 'idle')?.to]).toEqual(['three', 'two']);
  expect(lastMove(folder, 'toString')).toBeUndefined();
});

test('a domain that is here again was not moved, whatever becomes of it', () => {
  noteMove(folder, 'busy', 'one');
  noteMove(folder, 'idle', 'two');
  for (const name of ['busy', 'toString']) forgetMove(new HostWithFolder(folder), name);
  expect(['busy', 'idle'].map((name) => lastMove(folder, name)?.to)).toEqual([undefined, 'two']);
});

test('a hundred moves are kept', () => {
  for (let number = 0; number < 102; number++) noteMove(folder, `d${number}`, 'far');
  expect(['d0', 'd1', 'd2', 'd101'].map((name) => lastMove(folder, name)?.to)).toEqual([
    undefined,
    undefined,
    'far',
    'far',
  ]);
});

test('a damaged file, or a folder that cannot be made, is no trouble', () => {
  writeFileSync(
    join(folder, 'moved.json'),
    '{"busy": {"to": 5}, "idle": null, "late": {"to": "far", "date": "soon"}}',
  );
  expect(['busy', 'idle', 'late'].map((name) => lastMove(folder, name))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  noteMove(join(folder, 'moved.json', 'below'), 'busy', 'far');
});
