import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { endProcess } from './end-process.js';
import { checkAlive } from './foreign-ram.js';
import { failure } from './hosts.test-support.js';
import { identityOf } from './process-identity.js';

function sleeper() {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, owner: identityOf(child.pid!)! };
}

it('a process is ended, and is dead then', async () => {
  const { child, owner } = sleeper();
  const exit = once(child, 'exit');
  checkAlive(owner);
  endProcess(owner);
  expect(failure(() => checkAlive(owner)).code).toBe('domain-died');
  expect(await exit).toEqual([null, 'SIGKILL']);
  endProcess(owner);
});

it('no process is killed for another one that had its pid', () => {
  const { child, owner } = sleeper();
  endProcess({ ...owner, startTime: owner.startTime - 1 });
  endProcess({ ...owner, bootId: '11111111-1111-1111-1111-111111111111' });
  expect(child.kill(0)).toBe(true);
  checkAlive(owner);
});

it('a process of which it is not known whether it is alive is neither killed nor taken for gone', () => {
  const { owner } = sleeper();
  const elsewhere = { ...owner, pidNamespace: 'pid:[7]' };
  const unknown = {
    code: 'unavailable',
    message: expect.stringContaining('in another pid namespace (pid:[7];') as string,
  };
  for (const ask of [undefined, () => {}]) {
    expect(failure(() => endProcess(elsewhere, ask))).toMatchObject(unknown);
  }
  expect(failure(() => checkAlive(elsewhere))).toMatchObject(unknown);
  checkAlive(owner);
});
