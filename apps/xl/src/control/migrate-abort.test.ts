import { InterruptedError } from '@mig/posix';
import { MigrationError } from '@mig/sender';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostWithFolder, xl } from '../commands/fake-host.test-support.js';
import { explainDeath, explainFailure } from '../worker/explain-failure.js';
import type { TaskFailure } from '../worker/task.js';
import { Failure } from '../output/failure.js';
import { OperatorAccess } from './operator-access.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abort-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Aborts a migration whose domain is then found in that state. */
function abort(found: MigrationError['found'], ...options: string[]) {
  const error = new MigrationError('precopy', 'keeps-running', new InterruptedError('operator'), { found });
  return abortEndingIn(explainFailure(error), ...options);
}

async function abortEndingIn(failure: TaskFailure, ...options: string[]) {
  const record = { domid: 1, domain: 'a', target: 'far', pid: process.pid };
  const access = await OperatorAccess.claim(folder, record, () => undefined);
  const stop = () => void access.failed(failure);
  access.start({ stop, steer: () => undefined }, {}, undefined);
  return xl(new HostWithFolder(folder, { name: 'a' }), 'migrate-abort', ...options, 'a');
}

const running = { paused: false, suspended: false, crashed: false, standing: 'free' } as const;

test('a domain that was found as it was before was not migrated', async () => {
  const { status, out } = await abort(running);
  expect({ status, out }).toEqual({
    status: 0,
    out: 'a was not migrated.\nNAME keeps running here; the target discards its incomplete copy.\n',
  });
});

test.each([
  ['gone', 'gone', 'no longer here'],
  ['crashed', { ...running, crashed: true }, 'crashed here'],
  ['sent away', { ...running, standing: 'away' }, 'sent to another host'],
] as const)('of one that is %s afterwards it says so', async (_, found, words) => {
  const { status, out } = await abort(found);
  expect(status).toBe(1);
  expect(out).toMatch(/^a was not migrated: stopped by mig migrate-abort\.\n/);
  expect(out).toContain(words);
  expect(out).not.toContain('keeps running');
});

test('a migration that had to be ended by force has left the domain as it was before the suspend', async () => {
  const hangs = new Failure('the policy does not answer');
  expect((await abortEndingIn(explainDeath(hangs, 'precopy'))).status).toBe(0);
  expect((await abortEndingIn(explainDeath(hangs, 'stop-and-copy'))).status).toBe(1);
});

test('programs are told, too', async () => {
  expect(JSON.parse((await abort(running, '--json')).out)).toMatchObject({ asBefore: true, exitStatus: 7 });
  expect(JSON.parse((await abort('gone', '--json')).out)).toMatchObject({ asBefore: false, exitStatus: 1 });
});
