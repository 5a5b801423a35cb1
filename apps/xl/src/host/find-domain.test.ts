import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HostWithFolder, xl } from '../commands/fake-host.test-support.js';
import { noteMove } from './moved-domains.js';
import { sentTo } from './sent-to.js';

const suspended = { paused: false, suspended: true, crashed: false };
const away = { name: 'a--migratedaway', state: suspended, standing: 'away' as const, sentTo: 'far' };
const unknown = 'a is an invalid domain identifier (rc=-6)';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moved-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const commands = [
  ['migrate', '-s', '', 'a', 'true'],
  ['migrate-status', 'a'],
  ['migrate-abort', 'a'],
  ['destroy', 'a'],
];

describe.each(commands)('%s', (...command) => {
  test('says of a domain that was moved where it went', async () => {
    noteMove(folder, 'a', 'far');
    const { err, status } = await xl(new HostWithFolder(folder), ...command);
    expect(status).toBe(1);
    expect(err.startsWith(`${unknown}: it was moved to far on `)).toBe(true);
  });

  test('says of one that may run elsewhere what its name here is, and what to do', async () => {
    const { err } = await xl(new HostWithFolder(folder, away), ...command);
    expect(err).toContain(`${unknown}: a--migratedaway was sent to far, which may be running it: `);
    expect(err).toContain("'mig resume --force a--migratedaway'");
  });

  test('says nothing more where nothing is known', async () => {
    expect((await xl(new HostWithFolder(folder), ...command)).err).toBe(`${unknown}\n`);
  });
});

test.each([
  ['migrate', '-s', '', 'a--migratedaway', 'true'],
  ['save', 'a--migratedaway', '/nonexistent/image'],
  ['migrate-status', 'a--migratedaway'],
])('%s of the copy of a domain that was sent away says so', async (...command) => {
  expect(await xl(new HostWithFolder(folder, away), ...command)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/^xl: a--migratedaway was sent to far, which may be running it/) as string,
  });
});

test('a command that reached the other host is given as it was', async () => {
  noteMove(folder, 'a', sentTo('', 'ssh far mig migrate-receive'));
  const { err } = await xl(new HostWithFolder(folder), 'migrate-status', 'a');
  expect(err).toContain("moved through the command 'ssh far mig migrate-receive' on ");
});
