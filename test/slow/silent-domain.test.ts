/** A domain whose process does not answer is asked for as long as its host waits: 20 s each time. */
import { describe, expect, it } from 'vitest';
import {
  configurationOf,
  failure,
  openHost,
  pidOf,
  sendAway,
} from '../../packages/hypervisor-wasm/src/hosts.test-support.js';

describe("a domain's process", () => {
  it('that was sent away and does not answer is not ended by anybody who asks', () => {
    const test = openHost();
    const { host } = test;
    const domid = host.create(configurationOf('one', 'idle'), { paused: true });
    sendAway(test, domid);
    const pid = pidOf(test, domid);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(failure(() => host.destroy(domid))).toMatchObject({
        code: 'held',
        message: expect.stringContaining(`its process ${pid} does not answer`) as string,
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(host.describe(domid).standing).toBe('away');
  });

  it('that answered before and does not now is not ended for what was seen then', () => {
    const test = openHost();
    const { host } = test;
    const domid = host.create(configurationOf('one', 'idle'), { paused: true });
    const { epoch } = host.describe(domid);
    const pid = pidOf(test, domid);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(failure(() => host.destroy(domid, epoch)).code).toBe('unavailable');
      expect(host.describe(domid).standing).toBe('unknown');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(host.describe(domid).standing).toBe('free');
  });
});
