/**
 * Runs at a server, and the jobs of their domains:
 *
 *     mig:evacuation-HOST:...   a queue of BullMQ, one for each host; a job for each domain of a run
 *     mig-runs:HOST             the runs, by their names: StoredRun
 *     mig-orders:HOST           the last order of an operator for each, by the same names: WantedOfRun
 */
import { figuresOf, isOver } from '@mig/fleet';
import { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect, optionsFrom } from './connection.js';
import { DAMAGED, type DomainJob, jobIdOf, queueNameOf, seenJobOf } from './domain-job.js';
import { EngineError } from './errors.js';
import { HostJobs, type TakeJob } from './host-jobs.js';
import { type StoredRun, storedRunFrom, storedRunOf, withJobs } from './stored-run.js';

/** Prefix of all keys of the queues. */
const PREFIX = 'mig';
/** Number of runs kept for each host. */
const KEPT = 20;

/** Order of an operator for a run. */
export type WantedOfRun = 'go' | 'pause' | 'abort';

/** The outcome of an order: an abort is final, and a run that the server does not have takes none. */
export type OrderEnd = 'taken' | 'is-aborted' | 'no-run';

/** Takes an order as one step of the server: whoever looks and then writes could undo an abort that came between. */
const TAKE_ORDER = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 'no-run' end
if redis.call('HGET', KEYS[2], ARGV[1]) == 'abort' and ARGV[2] ~= 'abort' then return 'is-aborted' end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 'taken'`;

/** A run as its jobs are now. */
export interface SeenRun {
  readonly stored: StoredRun;
  /** Whether the server has lost jobs of it, or it was not put there as a whole. */
  readonly isIncomplete: boolean;
  /** Whether none of its jobs can be read: no worker takes it then, or writes it down at its host. */
  readonly isUnreadable: boolean;
  readonly isOver: boolean;
  /** End of its last job in milliseconds since 1970. */
  readonly ended: number | undefined;
}

/** The server on which jobs are kept. If it is lost, all methods wait until it is there again. */
export class Engine {
  readonly #queues = new Map<string, Queue>();
  #isClosed = false;

  private constructor(private readonly client: Redis) {}

  /**
   * Connects to a server.
   * @param address see optionsFrom
   * @throws EngineError
   */
  static async open(address: string, password?: string): Promise<Engine> {
    return new Engine(await connect(optionsFrom(address, password)));
  }

  get isConnected(): boolean {
    return this.client.status === 'ready';
  }

  /** Calls back whenever the server is lost, and when it is there again. */
  onConnection(changed: (isConnected: boolean) => void): void {
    let isConnected = true;
    const note = (now: boolean) => {
      if (isConnected !== now) changed((isConnected = now));
    };
    this.client.on('close', () => {
      if (!this.#isClosed) note(false);
    });
    this.client.on('ready', () => note(true));
  }

  /** Returns the names of the runs of a host, the oldest first. */
  async ids(host: string): Promise<string[]> {
    return (await this.client.hkeys(runsKey(host))).sort();
  }

  /** Reads a run as its jobs are now; undefined if there is none. @throws EngineError */
  async read(host: string, id: string): Promise<SeenRun | undefined> {
    const text = await this.client.hget(runsKey(host), id);
    if (text === null) return undefined;
    const stored = storedRunOf(host, id, parsed(text));
    const queue = this.#queue(host);
    const jobs = await Promise.all(
      stored.run.domains.map(({ uuid }) => Job.fromId<unknown>(queue, jobIdOf(id, uuid))),
    );
    const found = jobs.filter((job) => job !== undefined);
    const seen = stored.run.domains.flatMap((domain, i) => {
      const job = jobs[i];
      return job === undefined ? [] : [seenJobOf(id, domain, job)];
    });
    const now = withJobs(stored, seen);
    const ends = found.flatMap(({ finishedOn }) => finishedOn ?? []);
    return {
      stored: now,
      isIncomplete: found.length < jobs.length,
      isUnreadable: seen.length > 0 && seen.every(({ domain }) => domain.why === DAMAGED),
      isOver: isOver(now.run),
      ended: ends.length === jobs.length ? Math.max(now.run.began, ...ends) : undefined,
    };
  }

  /** Reads the last run of a host. */
  async last(host: string): Promise<SeenRun | undefined> {
    const id = (await this.ids(host)).at(-1);
    return id === undefined ? undefined : this.read(host, id);
  }

  /**
   * Puts a run there, and the jobs of it that are not there yet: it may be called again at any time.
   * @throws EngineError where a worker would not take it
   */
  async put(stored: StoredRun): Promise<void> {
    const { name: host, run } = storedRunFrom(parsed(JSON.stringify(stored)));
    await this.#forgetOldest(host);
    await this.client.hset(runsKey(host), run.id, JSON.stringify(stored));
    await this.#queue(host).addBulk(
      run.domains.map((domain, place) => ({
        name: domain.name,
        data: {
          schema: 1,
          run: run.id,
          domain,
          ...figuresOf(stored, domain.uuid),
        } satisfies DomainJob,
        opts: { jobId: jobIdOf(run.id, domain.uuid), priority: place + 1 },
      })),
    );
  }

  /**
   * Returns what an operator wants of a run; undefined if it is not there.
   * @param known what was wanted before: an abort that the server has forgotten is ordered again
   */
  async wanted(host: string, id: string, known?: WantedOfRun): Promise<WantedOfRun | undefined> {
    if ((await this.client.hexists(runsKey(host), id)) === 0) return undefined;
    const order = await this.client.hget(ordersKey(host), id);
    if (order === 'abort') return order;
    if (known === 'abort') return (await this.want(host, id, known)) === 'no-run' ? undefined : known;
    // A dashboard pauses the queue.
    return order === 'pause' || (await this.#queue(host).isPaused()) ? 'pause' : 'go';
  }

  /** Gives the order of an operator; workers obey within a second or two. Nothing undoes an abort. */
  async want(host: string, id: string, wanted: WantedOfRun): Promise<OrderEnd> {
    const end = await this.client.eval(TAKE_ORDER, 2, runsKey(host), ordersKey(host), id, wanted);
    if (end === 'taken' && wanted !== 'pause') await this.#queue(host).resume();
    // Those that are to be tried later are given up now.
    if (end === 'taken' && wanted === 'abort') await this.#queue(host).promoteJobs();
    return end as OrderEnd;
  }

  /** Tells whether a worker of a host is connected; undefined where the server does not tell. */
  async hasWorker(host: string): Promise<boolean | undefined> {
    try {
      return (await this.#queue(host).getWorkers()).length > 0;
    } catch {
      return undefined;
    }
  }

  /** Begins to take the jobs of a host, until `close`. */
  work(host: string, take: TakeJob): HostJobs {
    return new HostJobs({ connection: this.client, prefix: PREFIX }, host, take);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // What waits for the server is not waited for.
    this.client.disconnect();
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
  }

  #queue(host: string): Queue {
    const found = this.#queues.get(host);
    if (found !== undefined) return found;
    const queue = new Queue(queueNameOf(host), { connection: this.client, prefix: PREFIX });
    // Errors reject what has caused them.
    queue.on('error', () => undefined);
    this.#queues.set(host, queue);
    return queue;
  }

  async #forgetOldest(host: string): Promise<void> {
    for (const id of (await this.ids(host)).slice(0, 1 - KEPT)) {
      const text = await this.client.hget(runsKey(host), id);
      const uuids = uuidsIn(text ?? '');
      await Promise.all(uuids.map((uuid) => this.#queue(host).remove(jobIdOf(id, uuid))));
      await this.client.hdel(ordersKey(host), id);
      await this.client.hdel(runsKey(host), id);
    }
  }
}

function runsKey(host: string): string {
  return `mig-runs:${host}`;
}

function ordersKey(host: string): string {
  return `mig-orders:${host}`;
}

/** Returns the domains of a run; of a damaged one nobody knows them, and none of its jobs. */
function uuidsIn(text: string): string[] {
  try {
    return storedRunFrom(parsed(text)).run.domains.map(({ uuid }) => uuid);
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new EngineError('malformed', 'a run is not JSON', { cause: error });
  }
}
