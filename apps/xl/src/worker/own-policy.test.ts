import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPolicy } from './own-policy.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-policy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

// What a Node that loads TypeScript says of it is its own.
describe.skipIf('typescript' in process.features && process.features.typescript !== false)(
  'a Node without TypeScript',
  () => {
    const policy = `export default (stats: object) => ({ decision: 'continue-precopy' });`;
    const sentence = new RegExp(
      `cannot be loaded: TypeScript needs Node 22.18 or later, and this is ${process.versions.node}; make JavaScript of it: tsc `,
    );

    test.for(['own.ts', 'own.mts', 'own.cts'])('is said to be what %s lacks', async (name) => {
      await expect(checkPolicy(file(name, policy))).rejects.toThrow(sentence);
    });

    test('is said to be what a part of a policy lacks', async () => {
      file('part.mts', policy);
      const path = file('own.mjs', `export { default } from './part.mts';`);
      await expect(checkPolicy(path)).rejects.toThrow(sentence);
    });
  },
);

test('any other file that is no module is named', async () => {
  await expect(checkPolicy(file('own.txt', ''))).rejects.toThrow(/own\.txt cannot be loaded: .*\.txt/);
});
