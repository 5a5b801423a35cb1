import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS_FILE, readSettings, SettingError } from './settings.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-settings-'));
  file = join(folder, 'mig');
  writeFileSync(file, '');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (environment: Record<string, string> = {}) =>
  readSettings({ MIG_SETTINGS: file, ...environment });

const defaults = {
  precopyIterations: 5,
  precopyThreshold: 50,
  progressTimeout: { save: 60_000, restore: 60_000 },
};

test("stock's figures where nothing is set", () => {
  expect(read()).toEqual(defaults);
});

test.skipIf(existsSync(DEFAULT_SETTINGS_FILE))('the default file need not be there', () => {
  expect(readSettings({})).toEqual(defaults);
});

test('the environment counts before the file, and the file before nothing', () => {
  writeFileSync(file, '# of this host\nMIG_PRECOPY_ITERATIONS=20\nMIG_PRECOPY_THRESHOLD="7"\n');
  expect(read({ MIG_PRECOPY_ITERATIONS: '0', MIG_PROGRESS_TIMEOUT: '9' })).toEqual({
    precopyIterations: 0,
    precopyThreshold: 7,
    progressTimeout: { save: 9000, restore: 9000 },
  });
});

test('no progress timeout is the default one', () => {
  expect(read({ MIG_PROGRESS_TIMEOUT: '0' })).toEqual(defaults);
});

test('a file that was named has to be there', () => {
  expect(() => readSettings({ MIG_SETTINGS: join(folder, 'none') })).toThrow(/ENOENT.*none/);
});

describe.each([
  ['MIG_PRECOPY_ITERATIONS', 'a whole number from 0 to 1000000000'],
  ['MIG_PRECOPY_THRESHOLD', 'a whole number from 0 to 9007199254740991'],
  ['MIG_PROGRESS_TIMEOUT', 'a whole number from 0 to 1000000'],
])('%s is refused, with its source,', (name, expected) => {
  const bad = ['', 'five', '-1', '1.5', '1e3', '0x10', ' 5', '99999999999999999999'];

  test.each(bad)('as %j in the environment', (value) => {
    expect(() => read({ [name]: value })).toThrow(new SettingError(name, value, expected, 'environment'));
  });

  test('in the file', () => {
    writeFileSync(file, `${name}=five\n`);
    const error = new SettingError(name, 'five', expected, file);
    expect(() => read()).toThrow(error);
    expect(error.message).toBe(`${name} must be ${expected}, not 'five' (${file})`);
    // Where the environment has the word, nobody asks the file.
    expect(() => read({ [name]: '1' })).not.toThrow();
  });
});
