import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import { quoted, throughRelay } from './relay.js';
import { TestHost } from './test-host.js';

/** Octets of a held migration that reach the target. */
const HELD_AT = 2 << 20;

/** Hosts in a folder, which reach each other by their names through a script in place of ssh. */
export class Fleet {
  readonly ssh: string;

  private constructor(
    readonly folder: string,
    readonly source: TestHost,
    readonly left: TestHost,
    readonly right: TestHost,
  ) {
    this.ssh = join(folder, 'ssh');
  }

  static async open(): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'mig-fleet-'));
    const [source, left, right] = ['source', 'left', 'right'].map((name) => new TestHost(join(folder, name)));
    const fleet = new Fleet(folder, source!, left!, right!);
    await mkdir(join(folder, 'bin'));
    await script(join(folder, 'bin/xl'), `exec ${source!.bareCommand()} "$@"`);
    const untilLetGo = {
      at: HELD_AT,
      act: 'run',
      command: 'while [ -e "$HOLD" ]; do sleep 0.05; done',
    } as const;
    // A host that is down has a file of that name.
    await script(
      fleet.ssh,
      `host=$1; shift\n` +
        `[ -e ${quoted(folder)}/$host.down ] && { echo "no route to $host" >&2; exit 255; }\n` +
        `export PATH=${quoted(join(folder, 'bin'))}:$PATH MIG_HOST_DIR=${quoted(folder)}/$host\n` +
        `export HOLD=$MIG_HOST_DIR.hold THERE="$*"\n` +
        `case $THERE in *--check*) ;; *migrate-receive*)\n` +
        `[ -e "$HOLD" ] && ${throughRelay({ forward: { faults: [untilLetGo] } }, 'eval "$THERE"')} ;;\n` +
        `esac\n` +
        `exec /bin/sh -c "$*"`,
    );
    return fleet;
  }

  /** Makes migrations to a host stand still, once their guests' memory is on its way, until they are let go. */
  async hold(...hosts: TestHost[]): Promise<void> {
    for (const { name } of hosts) await writeFile(this.#holdFile(name), '');
  }

  /** Lets the migrations to all hosts go on. */
  async letGo(): Promise<void> {
    for (const { name } of this.hosts) await rm(this.#holdFile(name), { force: true });
  }

  #holdFile(name: string): string {
    return join(this.folder, `${name}.hold`);
  }

  /** The arguments of `xl evacuate` from the source. */
  evacuation(...options: string[]): string[] {
    return ['evacuate', '--json', '-s', this.ssh, '--name', 'source', ...options];
  }

  get hosts(): readonly TestHost[] {
    return [this.source, this.left, this.right];
  }

  /** Names of the domains of a host, sorted. */
  async names(host: TestHost): Promise<string[]> {
    return (await host.domains()).map(({ name }) => name).sort();
  }

  /** @throws if anything was left behind */
  async close(): Promise<void> {
    await this.letGo();
    const left: string[] = [];
    for (const host of this.hosts) left.push(...(await host.close()));
    await rm(this.folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind:\n${left.join('\n')}`);
  }
}

/** Writes a script for the shell. */
export async function script(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

/** The test function, with three hosts for each test. */
export const test = base.extend<{ fleet: Fleet }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture depends on
  fleet: async ({}, use) => {
    const fleet = await Fleet.open();
    try {
      await use(fleet);
    } finally {
      await fleet.close();
    }
  },
});
