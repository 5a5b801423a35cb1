/** An operator's end of the connection to a migration. */
import type { Settings } from '@mig/sender/policy';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import {
  type SettingsChange,
  decodeOperatorReply,
  encodeOperatorRequest,
  type MigrationEnd,
  OperatorFrames,
  type OperatorReply,
  type OperatorRequest,
  type OperatorStatus,
} from './wire/operator-protocol.js';
import { OperatorError } from './errors.js';
import { Replies } from './replies.js';

/** Timeout in milliseconds for requests that are answered immediately. */
const TIMEOUT = 5000;
/** Errors of a connection that nobody takes, the last one of a listener that closes before it has taken it. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET'];

/**
 * @param path of the migration's socket: see MigrationFolder
 * @throws OperatorError `gone` where nobody listens there; otherwise the system's error
 */
export async function connectOperator(path: string, { timeout = TIMEOUT } = {}): Promise<OperatorClient> {
  let folderFd: number | undefined;
  try {
    // Through the folder's descriptor: a socket's path is limited to 107 octets.
    folderFd = openSync(dirname(path), 'r');
    const socket = connect(`/proc/self/fd/${folderFd}/${basename(path)}`);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new OperatorClient(socket, timeout);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !NOBODY.includes(code)) throw error;
    throw new OperatorError('gone', 'no migration listens there', { cause: error });
  } finally {
    if (folderFd !== undefined) closeSync(folderFd);
  }
}

/** A client of a migration. Several requests may be under way at a time; all reject with an OperatorError. */
export class OperatorClient {
  readonly #frames = new OperatorFrames();
  readonly #waiting = new Map<number, Replies>();
  #lastId = 0;
  #broken: OperatorError | undefined;

  /**
   * Made by `connectOperator`.
   * @param timeout milliseconds for an immediate answer
   */
  constructor(
    private readonly socket: Socket,
    private readonly timeout: number,
  ) {
    socket.on('data', (octets: Buffer) => this.#take(octets));
    socket.on('error', () => undefined);
    socket.on('close', () =>
      this.#break(new OperatorError('gone', 'the migration is gone, or does not want to talk')),
    );
  }

  async status(): Promise<OperatorStatus> {
    return (await this.#ask({ kind: 'status' }, 'status')).status;
  }

  /**
   * Yields a status now and whenever it changes; a slow reader misses some. Returns how the migration
   * ended.
   * @throws OperatorError `gone` where its process dies
   */
  async *watch(): AsyncGenerator<OperatorStatus, MigrationEnd> {
    const { id, replies } = this.#send({ kind: 'watch' });
    try {
      for (;;) {
        const reply = answerOf(await replies.next());
        if (reply.kind === 'status') yield reply.status;
        else if (reply.kind === 'end') return reply.end;
        else throw unexpected(reply);
      }
    } finally {
      this.#waiting.delete(id);
    }
  }

  /**
   * Ends precopy when its policy is next asked.
   * @param now even in the first pass over memory
   * @returns the status at the time of the order
   * @throws OperatorError `precopy-over`, `first-pass`
   */
  async switchover({ now = false } = {}): Promise<OperatorStatus> {
    return (await this.#ask({ kind: 'switchover', now }, 'status')).status;
  }

  /**
   * Holds the migration in its live passes where its goals and limits would end them, or lets it go. It is let go when this
   * connection ends. A timeout or a switchover ends them all the same, and nothing holds a domain of which hardly a page is dirty.
   * @returns the status at the time of the order
   * @throws OperatorError `precopy-over`
   */
  async hold(held: boolean): Promise<OperatorStatus> {
    return (await this.#ask({ kind: 'hold', held }, 'status')).status;
  }

  /**
   * Aborts the migration, and waits until it has ended: the abort may have been too late.
   * @throws OperatorError `past-no-return`, `decided`
   */
  async abort(): Promise<MigrationEnd> {
    return (await this.#ask({ kind: 'abort' }, 'end', Infinity)).end;
  }

  /**
   * Changes settings.
   * @returns the settings then in force
   * @throws OperatorError `bad-value`, `precopy-over`
   */
  async set(change: SettingsChange): Promise<Settings> {
    return (await this.#ask({ kind: 'set', change }, 'course')).course;
  }

  close(): void {
    this.socket.destroy();
  }

  async #ask<K extends OperatorReply['kind']>(
    request: WithoutId<OperatorRequest>,
    kind: K,
    timeout = this.timeout,
  ): Promise<OperatorReply & { kind: K }> {
    const { id, replies } = this.#send(request);
    try {
      const reply = answerOf(await replies.next(timeout));
      if (reply.kind !== kind) throw unexpected(reply);
      return reply as OperatorReply & { kind: K };
    } finally {
      this.#waiting.delete(id);
    }
  }

  #send(request: WithoutId<OperatorRequest>): { id: number; replies: Replies } {
    if (this.#broken !== undefined) throw this.#broken;
    const id = ++this.#lastId;
    const replies = new Replies();
    this.#waiting.set(id, replies);
    this.socket.write(encodeOperatorRequest({ id, ...request }));
    return { id, replies };
  }

  #take(octets: Buffer): void {
    try {
      for (const message of this.#frames.push(octets)) {
        const reply = decodeOperatorReply(message);
        this.#waiting.get(reply.id)?.give(reply);
        // The migration could not tell which request it was.
        if (reply.id === 0 && reply.kind === 'error')
          this.#break(new OperatorError(reply.code, reply.message));
      }
    } catch (error) {
      this.#break(new OperatorError('malformed', 'the migration answers nonsense', { cause: error }));
      this.socket.destroy();
    }
  }

  #break(error: OperatorError): void {
    this.#broken ??= error;
    for (const replies of this.#waiting.values()) replies.fail(this.#broken);
  }
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

function answerOf(reply: OperatorReply): Exclude<OperatorReply, { kind: 'error' }> {
  if (reply.kind === 'error') throw new OperatorError(reply.code, reply.message);
  return reply;
}

function unexpected({ kind }: OperatorReply): OperatorError {
  return new OperatorError('malformed', `the migration answers with ${kind}`);
}
