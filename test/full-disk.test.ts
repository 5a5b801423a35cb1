/** Tests of standard output on a full disk. */
import { describe, expect } from 'vitest';
import { expectMoved } from './harness/expectations.js';
import { Program } from './harness/program.js';
import type { TestHost } from './harness/test-host.js';
import { test } from './harness/two-hosts.js';

function toFullDisk(host: TestHost, ...args: readonly string[]): Program {
  return new Program('sh', ['-c', `${host.command(...args)} >/dev/full`], { environment: {} });
}

describe.concurrent('with standard output on a full disk', () => {
  const lists = [['list'], ['list', '-l'], ['list', '--json'], ['info'], ['console', 'busy']];
  test.for(lists)('xl %s fails and says why', async (args, { hosts }) => {
    await hosts.source.create();
    const { status, stderr } = await toFullDisk(hosts.source, ...args).ended;
    expect(status).toBe(1);
    expect(stderr).toBe('xl: write: no space left on the device (ENOSPC)\n');
  });

  test('xl migrate --json moves the domain all the same', async ({ hosts }) => {
    const before = await hosts.source.create();
    const { status } = await toFullDisk(hosts.source, ...hosts.migration()).ended;
    expect(status).toBe(0);
    await expectMoved(hosts, before);
  });
});
