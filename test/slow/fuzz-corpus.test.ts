/** Tests the corpus kept from fuzzing: docs/fuzzing.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { caseNames } from '../../tooling/fuzz/cases.mjs';
import { inputsOf, readInput } from '../../tooling/fuzz/corpus.mjs';
import { judge } from '../../tooling/fuzz/judge.mjs';

const names = [...caseNames];

it('every folder of the corpus is of a case, and every case has one', () => {
  const folders = readdirSync(new URL('../../tooling/fuzz/corpus/', import.meta.url));
  expect(folders.sort()).toEqual(names.sort());
});

it('docs/fuzzing.md says of every case what it is fed to', () => {
  const lines = readFileSync(new URL('../../docs/fuzzing.md', import.meta.url), 'utf8').split('\n');
  const rows = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1]!);
  const named = rows.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(names.sort());
});

it('the corpus is small', () => {
  const octets = names.flatMap((name) => inputsOf(name)).map((path) => readInput(path).length);
  expect(octets.length).toBeGreaterThan(500);
  expect(octets.reduce((sum, each) => sum + each, 0)).toBeLessThan(2 ** 20);
});

describe('no oracle objects to what is kept for', () => {
  it.each(names)('%s', (name) => {
    const inputs = inputsOf(name);
    expect(inputs).not.toEqual([]);
    const outcomes = inputs.map((path) => [path, judge(name, readInput(path)) as unknown] as const);
    const objections = outcomes.filter(([, outcome]) => typeof outcome !== 'string');
    expect(objections.map(([path, outcome]) => `${path}: ${String(outcome)}`)).toEqual([]);
    // A useful corpus is not refused at its first octet.
    expect(new Set(outcomes.map(([, outcome]) => outcome)).size).toBeGreaterThan(1);
  });
});
