/** Checks that the pages for people use the field's words: see docs/glossary.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The description of the formats counts in octets, as Xen's does. */
const docs = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md') && name !== 'formats.md');
const pages = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'RELEASING.md',
  'SECURITY.md',
  ...docs.map((name) => `docs/${name}`),
  ...['packages', 'apps'].flatMap((parent) =>
    readdirSync(root + parent).map((name) => `${parent}/${name}/README.md`),
  ),
];

/** Words, and what to write instead. */
const odd: readonly (readonly [RegExp, string])[] = [
  [/\boctets?\b/i, 'bytes'],
  [/\bin (its|their) absence\b/i, 'default'],
  [/\b(is|are) said\b/i, 'reports'],
  [/\bhad rather\b/i, 'prefers'],
  [/\bforetells?\b/i, 'predicts'],
  [/\breckon(s|ed)?\b/i, 'computes'],
  [/\b(is|are) not known\b/i, 'unknown'],
];

test.for(pages)('%s is in plain English', (page) => {
  const text = readFileSync(root + page, 'utf8').replace(/```.*?```|`[^`]*`|\]\([^)]*\)/gs, '');
  const found = odd.flatMap(([words, instead]) => {
    const [match] = words.exec(text) ?? [];
    return match === undefined ? [] : [`${match}: ${instead}`];
  });
  expect(found).toEqual([]);
});
