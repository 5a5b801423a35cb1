import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Settings } from '@mig/sender/policy';
import type { MigrationRecord } from './migration-record.js';
import { SteeredMigration } from './steered-migration.js';

export const record: MigrationRecord = { domid: 7, domain: 'busy', target: 'host2', pid: process.pid };

/** A migration that does nothing, and records what was done to it. */
export function migration(settings: Settings = {}): { migration: SteeredMigration; done: unknown[] } {
  const done: unknown[] = [];
  const control = {
    change: (changed: Settings) => void done.push(changed),
    switchover: () => void done.push('switchover'),
    hold: (held: boolean) => void done.push(held ? 'hold' : 'let go'),
    stop: () => void done.push('stop'),
  };
  return { migration: new SteeredMigration(record, settings, control), done };
}

/** Makes a folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mig-operator-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
