/**
 * Checks the promises of README, `--help` and docs/policies.md about goals, limits and conditions: each
 * sentence is listed beside this file with the tests that fail if it is untrue. A new sentence, or a
 * changed number, fails here until it is listed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sections as otherSections } from './promises/other-pages.js';
import { sections as policiesSections } from './promises/policies-page.js';
import type { Section, Sentence, Test } from './promises/kept.js';
import { optionsOf, sentencesOf } from './promises/sentences.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

function said({ document, heading, end, rowsOnly }: Section): string[] {
  if (heading === undefined) return helpOf(document);
  const sentences = sentencesOf(read(document), heading, end);
  return rowsOnly === undefined ? sentences : sentences.filter((sentence) => sentence.startsWith('|'));
}

function helpOf(command: string): string[] {
  const args = [`${root}apps/xl/bin/xl.js`, ...command.split(' ').slice(1)];
  return optionsOf(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout);
}

/** Tells whether the sentence begins so, and has the parts between gaps in this order. */
function isMeant(sentence: string, [says]: Sentence): boolean {
  const [first, ...others] = says.split(' … ');
  let from = first!.length;
  return (
    sentence.startsWith(first!) &&
    others.every((part) => {
      const at = sentence.indexOf(part, from);
      from = at + part.length;
      return at !== -1;
    })
  );
}

const numbersIn = (text: string): string[] => text.match(/\d[\d,.]*(?<=\d)/g) ?? [];

/** The tests of a promise; undefined if the sentence promises nothing. */
function testsFor([, ...because]: Sentence): readonly Test[] | undefined {
  const tests = because.filter((each) => typeof each !== 'string').flat();
  return because.some((each) => typeof each === 'string') ? undefined : tests;
}

/** Numbers of a promise that the list does not name. */
function unnamedNumbers(sentence: string, listed: Sentence): string[] {
  const named = numbersIn(listed[0]);
  if (testsFor(listed) === undefined) return [];
  return numbersIn(sentence).filter((number) => !named.includes(number));
}

describe.each([...policiesSections, ...otherSections])('$document $heading', (section) => {
  const { sentences } = section;
  const found = said(section);

  test('each sentence is listed, once, with its numbers', () => {
    expect(found.length).toBeGreaterThan(0);
    for (const sentence of found) {
      const meant = sentences.filter((each) => isMeant(sentence, each));
      expect(
        meant.map(([says]) => says),
        `not listed, or not once: ${sentence}`,
      ).toHaveLength(1);
      expect(unnamedNumbers(sentence, meant[0]!), `numbers that the list does not name: ${sentence}`).toEqual(
        [],
      );
    }
  });

  test('each that is listed is said, once', () => {
    for (const each of sentences) {
      const meant = found.filter((sentence) => isMeant(sentence, each));
      expect(meant, `not said, or not once: ${each[0]}`).toHaveLength(1);
    }
  });

  test('each promise has tests, which there are', () => {
    for (const each of sentences) {
      const tests = testsFor(each);
      expect(tests?.length, `no tests: ${each[0]}`).not.toBe(0);
      expect(tests?.filter((test) => !isThere(test)) ?? [], `no such tests: ${each[0]}`).toEqual([]);
    }
  });
});

/** Finds a title at the beginning of a string; in a case of the lab, which has none, its words. */
function isThere({ file, title }: Test): boolean {
  const text = read(file);
  if (!file.endsWith('.test.ts')) return text.includes(title);
  return ["'", '"', '`'].some((quote) => text.includes(quote + title.replaceAll(quote, `\\${quote}`)));
}
