import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  claimMigration,
  type MigrationEnd,
  MigrationFolder,
  OperatorServer,
  SteeredMigration,
} from '@mig/operator';
import type { Settings } from '@mig/sender/policy';
import { expect, onTestFinished, test } from 'vitest';
import { stats } from '../../../../packages/sender/src/policies/stats.test-support.js';
import { Attempts } from './attempts.js';

const moved: MigrationEnd = { outcome: 'moved', exitStatus: 0, message: '', advice: [], asBefore: false };

function hostFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mig-attempts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a migration that only listens to its operator: `orders` are what it was told, with rates in MB/s. */
async function migration(stateFolder: string, domid: number, settings: Settings = {}) {
  const orders: string[] = [];
  const record = { domid, domain: `domain${domid}`, target: 'left', pid: process.pid };
  const steered = new SteeredMigration(record, settings, {
    change: ({ bandwidth }) =>
      void orders.push(bandwidth === undefined ? 'no limit' : String(bandwidth / 1e6)),
    hold: (held) => void orders.push(held ? 'hold' : 'let go'),
    switchover: () => void orders.push('switchover'),
    stop: () => void orders.push('stop'),
  });
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const claim = await claimMigration(new MigrationFolder(stateFolder), record);
  const server = await OperatorServer.listen(claim.socketPath, steered);
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await server.close(moved);
    claim.release();
  };
  onTestFinished(end);
  return {
    orders,
    end,
    finishPass: () => {
      const at = stats({ iteration: 1, dirtyCount: 900 });
      steered.progress.onEvent({ kind: 'consulted', stats: at, answer: { decision: 'continue-precopy' } });
      server.news(true);
    },
    standStill: () => {
      const reason = { code: 'iterations', sentence: 'enough' };
      steered.progress.onEvent({ kind: 'precopy-ended', reason });
      server.news(true);
    },
  };
}

function attempts(stateFolder: string, link?: number) {
  const ended: string[] = [];
  const all = new Attempts({
    ...{ stateFolder, sshCommand: 'ssh', folder: stateFolder, link },
    onEnd: (uuid) => void ended.push(uuid),
    onStatus: () => undefined,
  });
  onTestFinished(() => all.close());
  return { all, ended };
}

test('one at a time has its turn, and the line; the others are held, and trickle', async () => {
  const folder = hostFolder();
  const [a, b, c] = [await migration(folder, 1), await migration(folder, 2), await migration(folder, 3)];
  const { all, ended } = attempts(folder, 90e6);
  for (const domid of [1, 2, 3]) all.adopt(`uuid${domid}`, domid, false);
  const orders = () => [a, b, c].map((each) => each.orders.splice(0).join());
  const seen: string[] = ['', '', ''];
  const until = async (...expected: string[]) => {
    await expect
      .poll(() => {
        orders().forEach((each, i) => (seen[i] = [seen[i], each].filter((part) => part !== '').join()));
        return seen;
      })
      .toEqual(expected);
    seen.fill('');
  };
  await until('hold,30', 'hold,30', 'hold,30');

  b.finishPass();
  await until('2.25', '85.5,let go', '2.25');
  a.finishPass();
  await expect.poll(() => all.statusOf('uuid1')?.iteration).toBe(1);
  b.standStill();
  await b.end();
  await until('85.5,let go', '', '4.5');
  expect(ended).toEqual(['uuid2']);
  a.standStill();
  c.finishPass();
  await expect.poll(() => all.statusOf('uuid3')?.iteration).toBe(1);
  await a.end();
  await until('', '', '90,let go');
});

test('without a link nobody is held, and the trickle that an earlier controller has left is lifted', async () => {
  const folder = hostFolder();
  const a = await migration(folder, 1, { bandwidth: 1e6 });
  const { all } = attempts(folder);
  all.adopt('uuid1', 1, false);
  await expect.poll(() => a.orders).toEqual(['no limit']);
});

test("somebody else's migration is neither held nor steered", async () => {
  const folder = hostFolder();
  const [a, b] = [await migration(folder, 1), await migration(folder, 2, { bandwidth: 7e6 })];
  const { all } = attempts(folder, 90e6);
  all.adopt('uuid2', 2, true);
  all.adopt('uuid1', 1, false);
  await expect.poll(() => a.orders).toEqual(['hold', '90']);
  all.abort();
  await expect.poll(() => a.orders).toEqual(['hold', '90', 'stop']);
  expect(b.orders).toEqual([]);
});
