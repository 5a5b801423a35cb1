/** An engine of evacuations, and the programs of a fleet that use it. */
import { expect } from 'vitest';
import { faultsIn } from '../../apps/xl/src/view/events-schema.test-support.js';
import { eventually } from './eventually.js';
import { type Fleet, test as withFleet } from './fleet.js';
import type { Program } from './program.js';
import { RedisServer } from './redis.js';

/** The server, and the programs of this host that use it. */
export class Engine {
  readonly #workers: Program[] = [];

  constructor(
    private readonly fleet: Fleet,
    readonly redis: RedisServer,
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {}

  get options(): string[] {
    return ['--engine', this.redis.url(), '--name', 'source'];
  }

  /** Starts a worker at the source, for the jobs of a host. */
  async worker(name = 'source'): Promise<Program> {
    const args = ['evacuate-worker', ...this.options, '--name', name, '-s', this.fleet.ssh];
    const worker = this.fleet.source.startWith(this.environment, ...args);
    this.#workers.push(worker);
    await eventually(
      () => `a worker; it said:\n${worker.stdout}${worker.stderr}`,
      () => worker.stdout.includes('is ready') || undefined,
    );
    return worker;
  }

  /** Starts a controller. */
  evacuate(...options: string[]): Program {
    const args = ['evacuate', '--json', '-s', this.fleet.ssh, ...this.options, ...options];
    return this.fleet.source.startWith(this.environment, ...args);
  }

  order(word: string, ...options: string[]): Promise<string> {
    return this.fleet.source.done(`evacuate-${word}`, ...this.options, ...options);
  }

  async status(): Promise<Record<string, unknown>> {
    const status: unknown = JSON.parse(await this.order('status', '--json'));
    expect(faultsIn('evacuate-status')(status)).toEqual([]);
    return status as Record<string, unknown>;
  }

  /** Ends the workers at once. */
  async endWorkers(): Promise<void> {
    for (const worker of this.#workers.splice(0)) {
      worker.kill('SIGKILL');
      await worker.exited;
    }
  }

  async close(): Promise<void> {
    await this.endWorkers();
    await this.redis.close();
  }
}

/** The test function, with three hosts and an engine for each test. */
export const test = withFleet.extend<{ engine: Engine }>({
  engine: async ({ fleet }, use) => {
    const engine = new Engine(
      fleet,
      await RedisServer.open('--appendonly', 'yes', '--appendfsync', 'always'),
    );
    try {
      await use(engine);
    } finally {
      await engine.close();
    }
  },
});
