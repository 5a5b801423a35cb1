/** Tests of a host that takes only so many arrivals at once, which the target itself decides and counts. */
import { describe, expect } from 'vitest';
import { eventually } from './harness/eventually.js';
import { containing } from './harness/expectations.js';
import { Program } from './harness/program.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

const BANNER = 'xl migration receiver ready';

describe('a host that takes so many at once', () => {
  /** Starts receivers whose sources are silent. */
  function receivers(hosts: TwoHosts, count: number, most: number): Program[] {
    const command = `sleep 600 | ${hosts.target.receiver('--arrivals-max', String(most))}`;
    return Array.from(
      { length: count },
      () => new Program('sh', ['-c', command], { environment: {}, group: true }),
    );
  }

  test('never takes more, however many come', async ({ hosts }) => {
    const all = receivers(hosts, 8, 3);
    try {
      await eventually(
        () => all.map(({ stdout, stderr }) => stdout + stderr).join(),
        () => all.every(({ stdout }) => stdout !== '') || undefined,
      );
      const taken = all.filter(({ stdout }) => stdout.startsWith(BANNER));
      const others = all.filter((each) => !taken.includes(each));
      expect(taken).toHaveLength(3);
      for (const { stdout } of others) {
        expect(stdout).toBe(
          'mig-refused arrivals-full: at most 3 domains may arrive at once, and 3 are arriving: try again later\n',
        );
      }
      expect(await hosts.target.done('cordon', '--status')).toBe(
        'Domains may arrive; 3 domains are arriving.\n',
      );

      await hosts.source.create();
      const refused = hosts.migrate({ receive: ['--arrivals-max', '3'] });
      expect((await refused.ended).status).toBe(1);
      expect(refused.events().at(-1)).toMatchObject({
        refusal: 'arrivals-full',
        message: containing('try again later'),
      });
      // A receiver that is killed leaves nothing that counts.
      process.kill(-taken[0]!.pid, 'SIGKILL');
      await taken[0]!.exited;
      expect((await hosts.migrate({ receive: ['--arrivals-max', '3'] }).ended).status).toBe(0);
    } finally {
      for (const { pid } of all) end(pid);
      await Promise.all(all.map(({ ended }) => ended));
    }
  });
});

function end(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
