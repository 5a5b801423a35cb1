/** One operator's connection to a migration. */
import type { Socket } from 'node:net';
import {
  ControlError,
  decodeOperatorRequest,
  encodeOperatorReply,
  type MigrationEnd,
  OperatorFrames,
  type OperatorReply,
  type OperatorRequest,
  type OperatorStatus,
} from './wire/operator-protocol.js';
import type { Refusal, SteeredMigration } from './steered-migration.js';

/** Most octets that wait for an operator who does not read; with more the connection is closed. */
export const UNREAD = 256 << 10;
/** Most requests that wait for the end of the migration. */
const WAITING = 16;
/**
 * Time for a request to arrive complete, from its first octet on, in milliseconds; for the first one from
 * the connection on.
 */
export const REQUEST_TIMEOUT = 5000;

export class OperatorConnection {
  readonly #frames = new OperatorFrames();
  readonly #watches = new Set<number>();
  readonly #aborts = new Set<number>();
  /** The timer that closes the connection of a silent operator: the number of connections is limited. */
  #late: NodeJS.Timeout | undefined;

  /** @param timeout milliseconds: see REQUEST_TIMEOUT */
  constructor(
    private readonly socket: Socket,
    private readonly migration: SteeredMigration,
    private readonly timeout: number,
  ) {
    this.#awaitRequest();
    socket.on('close', () => {
      this.#stopAwaiting();
      // Nobody may hold a migration who cannot let it go any more.
      this.migration.hold(this, false);
    });
    socket.on('data', (octets: Buffer) => this.#take(octets));
    // The operator is gone: 'close' follows.
    socket.on('error', () => undefined);
  }

  /** Sends the current status to every `watch` request of this connection. */
  news(): void {
    for (const id of this.#watches) this.#send({ id, kind: 'status', status: this.migration.status() });
  }

  /**
   * Sends the end to all who wait for it.
   * @param end undefined if unknown
   */
  finish(end: MigrationEnd | undefined): void {
    if (end !== undefined) {
      for (const id of [...this.#watches, ...this.#aborts]) this.#send({ id, kind: 'end', end });
    }
    this.socket.end(() => this.socket.destroy());
  }

  drop(): void {
    this.socket.destroy();
  }

  /** Starts the timer; octets of a request do not restart it. */
  #awaitRequest(): void {
    this.#late ??= setTimeout(() => this.drop(), this.timeout).unref();
  }

  #stopAwaiting(): void {
    clearTimeout(this.#late);
    this.#late = undefined;
  }

  #take(octets: Buffer): void {
    let messages: Uint8Array[];
    try {
      messages = this.#frames.push(octets);
    } catch (error) {
      this.#send(notUnderstood(error));
      this.socket.end(() => this.socket.destroy());
      return;
    }
    if (messages.length > 0) this.#stopAwaiting();
    // Between two requests the time is unlimited, within one it is not.
    if (this.#frames.hasPart) this.#awaitRequest();
    for (const message of messages) {
      if (this.socket.destroyed) return;
      const reply = this.#answer(message);
      if (reply !== undefined) this.#send(reply);
    }
  }

  /** @returns undefined if the answer comes with the end */
  #answer(message: Uint8Array): OperatorReply | undefined {
    let request: OperatorRequest;
    try {
      request = decodeOperatorRequest(message);
    } catch (error) {
      return notUnderstood(error);
    }
    const { id } = request;
    switch (request.kind) {
      case 'status':
        return { id, kind: 'status', status: this.migration.status() };
      case 'watch':
        return waiting(this.#watches, id) ?? { id, kind: 'status', status: this.migration.status() };
      case 'switchover':
        return statusOrRefusal(id, this.migration.switchover(request.now));
      case 'hold':
        return statusOrRefusal(id, this.migration.hold(this, request.held));
      case 'set': {
        const course = this.migration.set(request.change);
        return 'refused' in course ? refusal(id, course) : { id, kind: 'course', course };
      }
      case 'abort': {
        const refused = this.migration.abort();
        return refused === undefined ? waiting(this.#aborts, id) : refusal(id, refused);
      }
    }
  }

  #send(reply: OperatorReply): void {
    if (this.socket.destroyed) return;
    this.socket.write(encodeOperatorReply(reply));
    if (this.socket.writableLength > UNREAD) this.socket.destroy();
  }
}

/** @returns the error if too many wait already */
function waiting(ids: Set<number>, id: number): OperatorReply | undefined {
  if (ids.size >= WAITING) {
    return { id, kind: 'error', code: 'bad-request', message: 'too many requests wait already' };
  }
  ids.add(id);
  return undefined;
}

function statusOrRefusal(id: number, status: OperatorStatus | Refusal): OperatorReply {
  return 'refused' in status ? refusal(id, status) : { id, kind: 'status', status };
}

function refusal(id: number, { refused, message }: Refusal): OperatorReply {
  return { id, kind: 'error', code: refused, message };
}

function notUnderstood(error: unknown): OperatorReply {
  if (!(error instanceof ControlError)) throw error;
  return { id: 0, kind: 'error', code: 'bad-request', message: error.message };
}
