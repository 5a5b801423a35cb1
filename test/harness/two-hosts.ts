import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import type { Program } from './program.js';
import { type RelayPlan, throughRelay } from './relay.js';
import { TestHost } from './test-host.js';

export interface MigrationSetup {
  /** Options of `xl migrate`. */
  readonly options?: readonly string[];
  /** Options of `xl-receive`. */
  readonly receive?: readonly string[];
  readonly domain?: string;
  readonly relay?: RelayPlan;
  /** The program at the target in place of `xl-receive`. */
  readonly command?: string;
  /** Whether to print words for people instead of `--json`. */
  readonly words?: boolean;
}

/** Two hosts in a folder, which is removed with all its content. */
export class TwoHosts {
  readonly source: TestHost;
  readonly target: TestHost;

  private constructor(readonly folder: string) {
    this.source = new TestHost(join(folder, 'source'));
    this.target = new TestHost(join(folder, 'target'));
  }

  static async open(): Promise<TwoHosts> {
    return new TwoHosts(await mkdtemp(join(tmpdir(), 'mig-test-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The arguments of `xl migrate` from source to target. */
  migration(setup: MigrationSetup = {}): string[] {
    const { options = [], receive = [], domain = 'busy', relay, command, words = false } = setup;
    const receiver = command ?? this.target.receiver(...receive);
    const target = relay === undefined ? receiver : throughRelay(relay, receiver);
    return ['migrate', ...(words ? [] : ['--json']), ...options, '-s', '', domain, target];
  }

  migrate(setup?: MigrationSetup): Program {
    return this.source.start(...this.migration(setup));
  }

  /** @throws if anything was left behind */
  async close(): Promise<void> {
    const left = [...(await this.source.close()), ...(await this.target.close())];
    await rm(this.folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind:\n${left.join('\n')}`);
  }
}

/** The test function, with two hosts for each test. */
export const test = base.extend<{ hosts: TwoHosts }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture depends on
  hosts: async ({}, use) => {
    const hosts = await TwoHosts.open();
    try {
      await use(hosts);
    } finally {
      await hosts.close();
    }
  },
});
