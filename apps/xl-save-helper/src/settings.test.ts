import { SETTINGS_FILE } from '@mig/hypervisor-xen/settings-file';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings, SettingError } from './settings.js';

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
  precopy: {},
  suspendCost: 500,
  lineRate: undefined,
  progressTimeout: { save: 60_000, restore: 60_000 },
  stopAndCopyTimeout: undefined,
};

test('nothing where nothing is set: the policy has its defaults', () => {
  expect(read()).toEqual(defaults);
});

test.skipIf(existsSync(SETTINGS_FILE))('the default file need not be there', () => {
  expect(readSettings({})).toEqual(defaults);
});

test('the environment counts before the file, and the file before nothing', () => {
  writeFileSync(file, '# of this host\nMIG_PRECOPY_ITERATIONS=20\nMIG_PRECOPY_THRESHOLD="7"\n');
  expect(read({ MIG_PRECOPY_ITERATIONS: '0', MIG_PROGRESS_TIMEOUT: '9' })).toEqual({
    ...defaults,
    precopy: { precopyIterations: 0, precopyThreshold: 7 },
    progressTimeout: { save: 9000, restore: 9000 },
  });
});

test('each has its unit', () => {
  const all = {
    MIG_MAX_DOWNTIME: '300',
    MIG_ABORT_IF_BUSY: '1',
    MIG_TIMEOUT: '90',
    MIG_TIMEOUT_ACTION: 'abort',
    MIG_BANDWIDTH: '100Mbit/s',
    MIG_BANDWIDTH_ALWAYS: '1',
    MIG_SUSPEND_COST: '250',
    MIG_LINE_RATE: '4104000B/s',
    MIG_STOP_AND_COPY_TIMEOUT: '600',
  };
  expect(read(all)).toEqual({
    precopy: {
      ...{ maxDowntime: 300, abortIfBusy: true, timeout: 90_000, timeoutAction: 'abort' },
      ...{ bandwidth: 12.5e6, bandwidthAlways: true },
    },
    suspendCost: 250,
    lineRate: 1000,
    progressTimeout: defaults.progressTimeout,
    stopAndCopyTimeout: 600_000,
  });
  expect(read({ ...all, MIG_ABORT_IF_BUSY: '0', MIG_BANDWIDTH_ALWAYS: '0' })).toMatchObject({
    precopy: { abortIfBusy: false, bandwidthAlways: false },
  });
});

test('what contradicts itself is refused with the names of the variables', () => {
  expect(() => read({ MIG_TIMEOUT_ACTION: 'abort' })).toThrow('MIG_TIMEOUT_ACTION without MIG_TIMEOUT');
  expect(() => read({ MIG_ABORT_IF_BUSY: '1', MIG_PRECOPY_ITERATIONS: '0' })).toThrow(
    'MIG_ABORT_IF_BUSY with MIG_PRECOPY_ITERATIONS 0',
  );
  expect(() => read({ MIG_BANDWIDTH_ALWAYS: '1' })).toThrow('MIG_BANDWIDTH_ALWAYS without MIG_BANDWIDTH');
});

test('no timeout is the default one', () => {
  expect(read({ MIG_PROGRESS_TIMEOUT: '0', MIG_STOP_AND_COPY_TIMEOUT: '0' })).toEqual(defaults);
});

test('where the environment has the word nobody asks the file', () => {
  writeFileSync(file, 'MIG_PRECOPY_ITERATIONS=five\n');
  expect(() => read({ MIG_PRECOPY_ITERATIONS: '1' })).not.toThrow();
});

test('a file that was named has to be there', () => {
  expect(() => readSettings({ MIG_SETTINGS: join(folder, 'none') })).toThrow(/ENOENT.*none/);
});

describe.each([
  ['MIG_PRECOPY_ITERATIONS', 'a whole number of passes from 0 up, for example 10'],
  ['MIG_PRECOPY_THRESHOLD', 'a whole number of pages from 0 up, for example 50'],
  ['MIG_PROGRESS_TIMEOUT', 'a whole number of seconds from 0 to 1000000'],
  ['MIG_STOP_AND_COPY_TIMEOUT', 'a whole number of seconds from 0 to 1000000'],
  ['MIG_MAX_DOWNTIME', 'a whole number of milliseconds from 1 to 1000000000, for example 300'],
  ['MIG_TIMEOUT', 'a number of seconds above 0, at most 1000000, for example 60'],
  ['MIG_SUSPEND_COST', 'a whole number of milliseconds from 0 to 1000000'],
  ['MIG_ABORT_IF_BUSY', '0 or 1'],
  ['MIG_BANDWIDTH_ALWAYS', '0 or 1'],
  ['MIG_TIMEOUT_ACTION', 'suspend or abort'],
  [
    'MIG_BANDWIDTH',
    'a rate that says whether bits or bytes are meant, such as 100Mbit/s, 1Gbps or 12.5MB/s, from 8 kbit/s to 8 Tbit/s',
  ],
  [
    'MIG_LINE_RATE',
    'a rate that says whether bits or bytes are meant, such as 100Mbit/s, 1Gbps or 12.5MB/s, from 8 kbit/s to 8 Tbit/s',
  ],
])('%s is refused, with its source,', (name, expected) => {
  const broken = name === 'MIG_TIMEOUT' ? [] : ['1.5'];
  const bad = ['', 'five', '-1', ...broken, '1e3', '0x10', ' 5', '99999999999999999999'];

  test.each(bad)('as %j in the environment', (value) => {
    expect(() => read({ [name]: value })).toThrow(new SettingError(name, value, expected, 'environment'));
  });

  test('in the file', () => {
    writeFileSync(file, `${name}=five\n`);
    const error = new SettingError(name, 'five', expected, file);
    expect(() => read()).toThrow(error);
    expect(error.message).toBe(`${name} must be ${expected}, not 'five' (${file})`);
  });
});
