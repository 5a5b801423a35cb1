/** The jobs of a host that its worker has in hand. */
import { type DomainFigures, isFinal, type RunDomain } from '@mig/fleet';
import { DelayedError, ErrorCode, type Job, type QueueBaseOptions, Worker } from 'bullmq';
import { type DomainJob, domainJobFrom, jobIdOf, placeOf, queueNameOf } from './domain-job.js';
import { EngineError } from './errors.js';

/** Most jobs in hand at once: more than leave, so that one without a place does not keep the others waiting. */
const IN_HAND = 100;
/** Milliseconds for which a job is a worker's that says nothing; then its next worker takes it. */
const LOCK = 10_000;
/** Milliseconds between two looks for such jobs. */
const STALLED = 3000;
/** Milliseconds after which a server that was lost is asked again. */
const AGAIN = 1000;

/** Called with each job that is taken; one that is in hand already may come again. */
export type TakeJob = (job: DomainJob) => void;

interface Held {
  readonly job: Job<unknown>;
  readonly token: string;
  stored: string;
  /** Ends the taking of a job: it is done with, or else put back. */
  readonly end: (error?: Error) => void;
}

export class HostJobs {
  readonly #worker: Worker;
  readonly #held = new Map<string, Held>();

  constructor(
    options: QueueBaseOptions & { readonly prefix: string },
    host: string,
    private readonly take: TakeJob,
  ) {
    this.#worker = new Worker(queueNameOf(host), (job: Job<unknown>, token = '') => this.#hold(job, token), {
      ...options,
      concurrency: IN_HAND,
      lockDuration: LOCK,
      stalledInterval: STALLED,
      runRetryDelay: AGAIN,
      // As often as a worker dies: the domain is on a host all the same.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    // A lost server is waited for; a job whose lock was lost comes again.
    this.#worker.on('error', () => undefined);
  }

  /**
   * Stores what has become of a domain, and ends its job if that is decided, or puts it back until it is due.
   * @returns whether the job is still in hand
   */
  async store(run: string, domain: RunDomain, figures: DomainFigures): Promise<boolean> {
    const id = jobIdOf(run, domain.uuid);
    const held = this.#held.get(id);
    if (held === undefined) return false;
    const data = { schema: 1, run, domain, ...figures } satisfies DomainJob;
    const text = JSON.stringify(data);
    const place = placeOf(domain, Date.now());
    try {
      if (text !== held.stored) await held.job.updateData(data);
      held.stored = text;
      if (place === 'delayed') await held.job.moveToDelayed(domain.notBefore, held.token);
    } catch (error) {
      if (!isLost(error)) throw error;
      // The server has forgotten it, or has given it to the next worker, which may be this one.
      this.#end(id, held);
      return false;
    }
    if (place === 'active') return true;
    this.#end(id, held, place === 'delayed' ? new DelayedError() : undefined);
    return false;
  }

  /** Puts a job back of whose run nothing is known; one that the server has lost is let go. */
  async putBack(run: string, uuid: string): Promise<void> {
    const id = jobIdOf(run, uuid);
    const held = this.#held.get(id);
    if (held === undefined) return;
    try {
      await held.job.moveToDelayed(Date.now() + LOCK, held.token);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#end(id, held);
      return;
    }
    this.#end(id, held, new DelayedError());
  }

  /** Ends without waiting for the jobs in hand: their next worker takes them. */
  async close(): Promise<void> {
    await this.#worker.close(true);
  }

  async #hold(job: Job<unknown>, token: string): Promise<RunDomain> {
    const data = domainJobFrom(job.data);
    const { run, domain } = data;
    const id = jobIdOf(run, domain.uuid);
    // A damaged job fails alone: those who follow its run say that a person must look.
    if (job.id !== id) throw new EngineError('malformed', `its data is that of job ${id}`);
    if (isFinal(domain.state)) return domain;
    const before = this.#held.get(id);
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error) => {
        // The library forgets the lock of a job with the first end of it: all ends come at once.
        before?.end(error);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#held.set(id, { job, token, stored: JSON.stringify(data), end });
      this.take(data);
    });
    return domainJobFrom(job.data).domain;
  }

  #end(id: string, held: Held, error?: Error): void {
    if (this.#held.get(id) === held) this.#held.delete(id);
    held.end(error);
  }
}

const LOST: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
];

function isLost(error: unknown): boolean {
  return LOST.includes((error as { code?: unknown }).code);
}
