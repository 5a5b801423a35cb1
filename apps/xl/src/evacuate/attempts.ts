/**
 * The migrations of a run. Each is an `xl migrate` of its own, which goes on if this process ends; whoever comes next
 * finds it as operators do.
 */
import {
  type AttemptEnd,
  type DomainFigures,
  LEAST_RATE,
  type LineStage,
  nextTurn,
  rateChanges,
  shareLine,
  type Start,
} from '@mig/fleet';
import {
  connectOperator,
  MigrationFolder,
  type OperatorClient,
  OperatorError,
  type OperatorStatus,
} from '@mig/operator';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { waitsItsTurn } from '../control/phase-words.js';
import { endedMigrationIn } from './ended-migration.js';

/** Arguments that start this program again. */
export const OWN: readonly string[] = [...process.execArgv, process.argv[1] ?? 'xl'];

/** Octets of the end of what a migration prints, which has its last event. */
const LAST = 1 << 23;
/** Milliseconds before a connection that was lost is made again. */
const AGAIN = 1000;
/** Milliseconds between two looks for a migration that is to be heard. */
const PAUSE = 50;
/** Phases in which the domain runs, and is being sent. */
const SENT_LIVE: readonly string[] = ['awaiting-banner', 'precopy'];
/** Phases in which it stands still, until all has arrived: then the target says that it is ready. */
const SENT_STILL: readonly string[] = ['suspending', 'stop-and-copy', 'awaiting-ready'];

interface Attempt {
  readonly domid: number;
  /** Whether somebody else has begun it: it is neither steered nor aborted. */
  readonly isForeign: boolean;
  /** Absent if an earlier controller began it. */
  stop?: () => void;
  client?: OperatorClient;
  status?: OperatorStatus;
  /** Whether it has been let go. */
  hasTurn?: boolean;
  isOver: boolean;
}

export interface MigrationEnd extends AttemptEnd, DomainFigures {}

export interface AttemptsOptions {
  readonly stateFolder: string;
  readonly sshCommand: string;
  /** Folder for what the migrations print. */
  readonly folder: string;
  /** Rate of all together in bytes per second. */
  readonly link: number | undefined;
  readonly onEnd: (uuid: string, end: MigrationEnd) => void;
  readonly onStatus: () => void;
}

export class Attempts {
  readonly #attempts = new Map<string, Attempt>();
  readonly #migrations: MigrationFolder;
  /** Rates in force, by UUID. */
  readonly #rates = new Map<string, number | undefined>();
  #changes = Promise.resolve();
  #isAborted = false;

  constructor(private readonly options: AttemptsOptions) {
    this.#migrations = new MigrationFolder(options.stateFolder);
  }

  /** UUIDs of the domains whose migrations are followed. */
  get uuids(): ReadonlySet<string> {
    return new Set(this.#attempts.keys());
  }

  /** Number of those that the run has begun. */
  get ownCount(): number {
    return this.#own().length;
  }

  statusOf(uuid: string): OperatorStatus | undefined {
    return this.#attempts.get(uuid)?.status;
  }

  /** Begins a migration, once the others have made room for it on the line. */
  async begin(domid: number, isLive: boolean, start: Start): Promise<void> {
    const { uuid, target, maxDowntime, abortIfBusy } = start;
    const attempt: Attempt = { domid, isForeign: false, isOver: false };
    this.#attempts.set(uuid, attempt);
    this.#share();
    await this.#changes;
    const rate = this.#rates.get(uuid);
    const { sshCommand, folder } = this.options;
    const args = [
      ...['migrate', '--json', '-s', sshCommand],
      // One that moves by stop-and-copy stands still all the time: it has no passes to limit, and is moved at the deadline.
      ...(rate === undefined || !isLive ? [] : ['--bandwidth', `${rate}B/s`]),
      ...(maxDowntime === undefined || (!isLive && !abortIfBusy)
        ? []
        : ['--max-downtime', String(maxDowntime)]),
      ...(abortIfBusy ? ['--abort-if-busy'] : []),
      ...['--', String(domid), target],
    ];
    const paths = ['jsonl', 'log'].map((ending) => join(folder, `${uuid}.${ending}`));
    const [output, words] = paths.map((path) => openSync(path, 'w', 0o600));
    const child = spawn(process.execPath, [...OWN, ...args], {
      stdio: ['ignore', output, words],
      // Ctrl-C at the terminal reaches this process alone, which decides.
      detached: true,
    });
    for (const fd of [output, words]) closeSync(fd!);
    attempt.stop = () => void child.kill('SIGTERM');
    const ended = once(child, 'exit').catch(() => [null]) as Promise<[number | null]>;
    void this.#followToItsEnd(uuid, attempt, child.pid);
    void ended.then(([status]) => {
      this.#end(uuid, attempt, { ...lastOf(paths[0]!, paths[1]!), status: status ?? undefined });
    });
    if (this.#isAborted) child.kill('SIGTERM');
  }

  /** Follows a migration that another process has begun: an earlier controller of the run, or somebody else. */
  adopt(uuid: string, domid: number, isForeign: boolean): void {
    const attempt: Attempt = { domid, isForeign, isOver: false };
    this.#attempts.set(uuid, attempt);
    void this.#follow(uuid, attempt).then((end) => this.#end(uuid, attempt, end ?? { status: undefined }));
  }

  /** Aborts all that the run has begun: each domain stays here, unless it is too late for that. */
  abort(): void {
    this.#isAborted = true;
    for (const [, attempt] of this.#own()) abortOne(attempt);
  }

  close(): void {
    for (const attempt of this.#attempts.values()) {
      // No connection that ends now is made again.
      attempt.isOver = true;
      attempt.client?.close();
    }
  }

  /** Listens to a migration that this process has begun; its exit tells how it ended. */
  async #followToItsEnd(uuid: string, attempt: Attempt, pid: number | undefined): Promise<void> {
    while (!attempt.isOver && (await this.#follow(uuid, attempt, pid)) === undefined) await setTimeout(AGAIN);
  }

  /** Listens to a migration until it ends. @returns how, if it said so */
  async #follow(uuid: string, attempt: Attempt, pid?: number): Promise<AttemptEnd | undefined> {
    try {
      const client = await this.#connect(attempt, pid);
      if (client === undefined) return undefined;
      attempt.client = client;
      if (this.#isAborted && !attempt.isForeign) abortOne(attempt);
      // Without --link nobody can say what a turn is worth.
      if (!attempt.isForeign && this.options.link !== undefined) await hold(client, attempt.hasTurn !== true);
      const statuses = client.watch();
      for (;;) {
        const { done, value } = await statuses.next();
        if (done) {
          const { exitStatus: status, outcome, message } = value;
          return { status, outcome, message };
        }
        const isFirst = attempt.status === undefined;
        const stageBefore = stageOf(attempt);
        attempt.status = value;
        // Only the migration itself knows what an earlier controller has left it.
        if (isFirst && !attempt.isForeign) this.#rates.set(uuid, value.course.bandwidth);
        if (isFirst || stageBefore !== stageOf(attempt)) this.#share();
        this.options.onStatus();
      }
    } catch {
      // It is gone, or does not answer: its exit, or the hosts, tell what became of the domain.
      return undefined;
    } finally {
      attempt.client?.close();
      delete attempt.client;
    }
  }

  #own(): [uuid: string, attempt: Attempt][] {
    return [...this.#attempts].filter(([, { isForeign }]) => !isForeign);
  }

  async #connect(attempt: Attempt, pid?: number): Promise<OperatorClient | undefined> {
    const { domid } = attempt;
    while (!attempt.isOver) {
      const record = this.#migrations.recordOf(domid);
      if (record !== undefined && (pid === undefined || record.pid === pid)) {
        try {
          return await connectOperator(this.#migrations.socketOf(domid));
        } catch {
          // It does not listen yet, or no longer.
        }
      }
      if (pid === undefined && !this.#migrations.migrations().some((each) => each.domid === domid))
        return undefined;
      await setTimeout(PAUSE);
    }
    return undefined;
  }

  #end(uuid: string, attempt: Attempt, end: AttemptEnd): void {
    attempt.isOver = true;
    attempt.client?.close();
    this.#attempts.delete(uuid);
    this.#share();
    this.options.onEnd(uuid, end);
  }

  /** Shares the line anew, and lets the next one end: whoever goes down goes first, so that all together never exceed it. */
  #share(): void {
    this.#changes = this.#changes.then(async () => {
      const usersNow = () =>
        this.#own().flatMap(([id, attempt]) => {
          const stage = stageOf(attempt);
          return stage === undefined ? [] : [{ id, stage }];
        });
      const turn = this.#attempts.get(nextTurn(usersNow()) ?? '');
      if (turn !== undefined) turn.hasTurn = true;
      const users = usersNow();
      const rates = shareLine(users, this.options.link);
      for (const id of this.#rates.keys()) if (!rates.has(id)) this.#rates.delete(id);
      for (const [id, rate] of rateChanges(this.#rates, rates)) {
        const attempt = this.#attempts.get(id);
        // The limit of one that stands still has ended by itself; one that is not heard yet keeps what it has.
        if (attempt?.client === undefined || stageOf(attempt) === 'still') continue;
        const granted = this.#granted(id, rate);
        try {
          await attempt.client.set({ bandwidth: granted ?? null });
          this.#rates.set(id, granted);
        } catch (error) {
          // Its live passes are over; or it is slow to answer, and does it all the same.
          if (error instanceof OperatorError && error.code === 'silent') this.#rates.set(id, granted);
        }
      }
      for (const [id, rate] of rates) if (!this.#rates.has(id)) this.#rates.set(id, this.#granted(id, rate));
      if (turn?.client !== undefined) await hold(turn.client, false);
    });
  }

  /** Returns as much of a rate as the others leave. */
  #granted(own: string, rate: number | undefined): number | undefined {
    const { link } = this.options;
    if (link === undefined || rate === undefined) return rate;
    const others = [...this.#rates].filter(([id]) => {
      const stage = stageOf(this.#attempts.get(id));
      return id !== own && stage !== undefined && stage !== 'still';
    });
    const left = others.reduce((sum, [, each]) => sum - (each ?? 0), link);
    return Math.max(Math.floor(Math.min(rate, left)), LEAST_RATE);
  }
}

/** Returns the stage of a migration; undefined if it needs the line no more. */
function stageOf(attempt: Attempt | undefined): LineStage | undefined {
  const status = attempt?.status;
  if (status === undefined) return 'running';
  const { phase, precopyEnd } = status;
  if (SENT_STILL.includes(phase)) return 'still';
  if (!SENT_LIVE.includes(phase)) return undefined;
  if (precopyEnd !== undefined) return 'still';
  if (attempt?.hasTurn === true) return 'ending';
  return waitsItsTurn(status) ? 'held' : 'running';
}

/** Asks a migration to wait, or lets it go: its status says whether it does. */
async function hold(client: OperatorClient, held: boolean): Promise<void> {
  try {
    await client.hold(held);
  } catch {
    // Its live passes are over; or it is slow to answer, and does it all the same.
  }
}

function abortOne({ client, stop }: Attempt): void {
  if (client === undefined) return stop?.();
  // One that cannot be aborted any more goes on to its end.
  client.abort().catch(() => undefined);
}

interface LastEvent {
  readonly event?: unknown;
  readonly outcome?: string;
  readonly refusal?: string;
  readonly stoppedBy?: string;
  readonly message?: string;
  readonly downtimeMilliseconds?: number;
}

/** Reads the last event of a migration; if there is none, what it said instead. */
function lastOf(output: string, words: string): Omit<MigrationEnd, 'status'> {
  const last = lastEventIn(output);
  const { event, outcome, refusal, stoppedBy, message, downtimeMilliseconds } = (last ?? {}) as LastEvent;
  const migration = endedMigrationIn(last);
  const figures = { ...(migration !== undefined && { migration }) };
  if (event === 'complete')
    return { ...figures, ...(downtimeMilliseconds !== undefined && { downtimeMilliseconds }) };
  if (event === 'failed') return { ...figures, outcome, refusal, stoppedBy, message };
  const said = textOf(words).trim().split('\n').at(-1);
  return said ? { message: said.replace(/^xl: /, '') } : {};
}

/** Reads the last event that a migration has printed; undefined if it was ended in the middle, or did not begin. */
export function lastEventIn(output: string): unknown {
  try {
    return JSON.parse(textOf(output).trimEnd().split('\n').at(-1) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

/** Reads the end of a file; empty if there is none. */
function textOf(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const { size } = fstatSync(fd);
    const octets = Buffer.alloc(Math.min(size, LAST));
    const read = readSync(fd, octets, 0, octets.length, size - octets.length);
    return octets.toString('utf8', 0, read);
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
