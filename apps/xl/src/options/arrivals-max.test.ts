import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { arrivalsMax } from './arrivals-max.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-settings-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function settings(text: string): NodeJS.ProcessEnv {
  const MIG_SETTINGS = join(folder, 'mig');
  writeFileSync(MIG_SETTINGS, text);
  return { MIG_SETTINGS };
}

test('an option or a variable counts before the file of settings', () => {
  const environment = settings('# for all logins\nMIG_ARRIVALS_MAX=3\nMIG_BANDWIDTH=1Gbit/s\n');
  expect(arrivalsMax(undefined, environment)).toBe(3);
  expect(arrivalsMax(1, environment)).toBe(1);
  expect(arrivalsMax(undefined, settings('MIG_BANDWIDTH=1Gbit/s\n'))).toBeUndefined();
});

test.each(['0', '-1', 'many', '10001', ''])(
  '%j in the file is refused, with the name of the file',
  (value) => {
    const environment = settings(`MIG_ARRIVALS_MAX=${value}\n`);
    const { MIG_SETTINGS: path } = environment;
    expect(() => arrivalsMax(undefined, environment)).toThrow(
      `MIG_ARRIVALS_MAX (in ${path}) must be a whole number from 1 to 10000, not '${value}'`,
    );
  },
);

test('a file that is named and is not there is an error', () => {
  expect(() => arrivalsMax(undefined, { MIG_SETTINGS: join(folder, 'missing') })).toThrow('ENOENT');
});
