import { expect, test } from 'vitest';
import { FakeHost, xl } from '../commands/fake-host.test-support.js';

const refusals: readonly (readonly [readonly string[], string])[] = [
  [['--bandwidth', 'quick'], '--bandwidth must be a rate'],
  [['--max-downtime', '0'], '--max-downtime must be a whole number of milliseconds from 1'],
  [['-i', '-1'], '--precopy-iterations must be a whole number'],
  [['-d', 'few'], '--precopy-threshold must be a whole number'],
  [['--timeout', '0'], '--timeout must be a number of seconds above 0'],
  [['--timeout-action', 'dance'], "--timeout-action must be suspend or abort, not 'dance'"],
  [[], 'give at least one setting to change'],
];

test.each(refusals)('migrate-set %j is refused by name', async (args, words) => {
  const host = new FakeHost({ name: 'a' });
  const { status, err } = await xl(host, 'migrate-set', ...args, 'a');
  expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(words) as unknown });
});

test('none in place of a value is no mistake', async () => {
  const host = new FakeHost({ name: 'a' });
  const options = ['--bandwidth', '--max-downtime', '-i', '-d', '--timeout', '--timeout-action'];
  const args = options.flatMap((option) => [option, 'none']);
  expect(await xl(host, 'migrate-set', ...args, 'a')).toMatchObject({
    status: 1,
    err: 'xl: a is not being migrated\n',
  });
});

test.each(['migrate-status', 'migrate-switchover', 'migrate-abort'])(
  '%s of nothing says so',
  async (command) => {
    const host = new FakeHost({ name: 'a' });
    expect(await xl(host, command, 'a')).toMatchObject({ status: 1, err: 'xl: a is not being migrated\n' });
  },
);

test.each(['taken', 'suspended'] as const)(
  'one that others have %s is not theirs to steer',
  async (standing) => {
    const host = new FakeHost({ name: 'a', standing });
    expect(await xl(host, 'migrate-abort', 'a')).toMatchObject({
      status: 1,
      err: 'xl: a is being saved, or migrated by another toolstack: mig has no say in that\n',
    });
  },
);

test('xl migrate is itself, whatever else begins so', async () => {
  const host = new FakeHost({ name: 'a' });
  expect(await xl(host, 'migrate')).toMatchObject({
    status: 2,
    err: expect.stringMatching(/^'xl migrate' requires/) as unknown,
  });
  expect(await xl(host, 'migrate-st')).toMatchObject({ status: 0, out: 'no domain is being migrated\n' });
});
