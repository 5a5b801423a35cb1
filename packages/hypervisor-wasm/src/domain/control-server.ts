/** Answers toolstacks. Whatever a connection holds is released when it closes. */
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import {
  type ControlErrorCode,
  ControlError,
  controlErrorCodes,
  ControlFrames,
  type ControlReply,
  type ControlRequest,
  type Deadline,
  decodeControlRequest,
  encodeControlReply,
  LONGEST_CONTROL_MESSAGE,
} from '../control/control-messages.js';
import { createServer, type Socket } from 'node:net';
import type { Domain } from './domain.js';
import type { Owner } from './owner.js';

type Change = Exclude<ControlRequest, { kind: 'state' | 'destroy' }> & Deadline;
type Held = Change & {
  kind: 'suspend' | 'context' | 'sendAway' | 'takeBack' | 'adopt' | 'start' | 'release';
};

/** Longest time for sending the reply to `destroy`, in milliseconds. */
const ENDING = 500;
/** Most requests of a connection that wait for replies: a toolstack sends one after the other. */
export const WAITING = 64;
/** Most octets that wait for a toolstack that does not read: a context, and little else. */
const UNREAD = LONGEST_CONTROL_MESSAGE;

export class ControlServer {
  /** Requests that change the domain, one after another, whatever connection they come from. */
  #changes: Promise<unknown> = Promise.resolve();
  #logOwner: Socket | undefined;
  /** The connection that holds the domain. */
  #holder: Socket | undefined;
  /**
   * Whether the holder has suspended the domain, and has made no request since: it may have given up before
   * the acknowledgement.
   */
  #unconfirmedSuspend = false;

  constructor(
    private readonly domain: Domain,
    private readonly owner: Owner,
    private readonly end: () => void,
    private readonly onHeld: () => void = () => {},
  ) {}

  /** Resolves once toolstacks can connect. */
  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#serve(socket));
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  #serve(socket: Socket): void {
    const frames = new ControlFrames();
    let replies: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    socket.on('data', (octets: Buffer) => {
      try {
        for (const message of frames.push(octets)) {
          // A request that came before the acknowledgement shows nothing.
          if (this.#holder === socket) this.#unconfirmedSuspend = false;
          if (++waiting > WAITING) {
            socket.destroy();
            return;
          }
          replies = replies.then(async () => {
            const reply = await this.#answer(message, socket);
            waiting--;
            if (!socket.destroyed) socket.write(encodeControlReply(reply));
            if (socket.writableLength > UNREAD) socket.destroy();
          });
        }
      } catch (error) {
        socket.end(encodeControlReply(errorReply(error)), () => socket.destroy());
      }
    });
    // The peer is gone: 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#logOwner === socket) this.#endLog();
      this.#changes = this.#changes.then(() => this.#letGo(socket)).catch(() => {});
    });
  }

  async #answer(message: Uint8Array, socket: Socket): Promise<ControlReply> {
    try {
      const request = decodeControlRequest(message);
      this.owner.checkThere();
      // Never delayed by a guest that does not stop.
      if (request.kind === 'state') return { kind: 'state', ...this.domain.state, ...this.owner.state };
      // A process that was stopped reads the requests of that time before it reads that their sender has
      // gone: in the same turn of its loop or, from Node 24 on, in the next.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      if (request.kind === 'destroy') return this.#destroy(request, socket);
      const change = this.#changes.then(() => this.#perform(request, socket));
      this.#changes = change.catch(() => {});
      return await change;
    } catch (error) {
      return errorReply(error);
    }
  }

  async #perform(request: Change, socket: Socket): Promise<ControlReply> {
    const check = () => this.#checkWanted(request, socket);
    check();
    switch (request.kind) {
      case 'pause':
      case 'unpause':
        this.owner.command(request.kind, request.epoch);
        await this.domain.change(request.kind);
        break;
      case 'rename':
        this.owner.command('rename', request.epoch);
        await this.owner.rename(request.name, check);
        break;
      case 'resume':
        await this.#resume(request, check);
        break;
      case 'take':
        this.#take(request, socket);
        break;
      case 'hold':
        this.#hold(socket);
        break;
      case 'setLogDirty':
        this.#setLogDirty(request.enabled, socket);
        break;
      case 'suspend':
      case 'context':
      case 'sendAway':
      case 'takeBack':
      case 'adopt':
      case 'start':
      case 'release':
        this.#checkHolder(socket);
        return this.#performHeld(request, socket);
    }
    return this.#done();
  }

  /** Performs a request that only the connection that holds the domain may make. */
  async #performHeld(request: Held, socket: Socket): Promise<ControlReply> {
    const check = () => {
      this.#checkHolder(socket);
      this.#checkWanted(request, socket);
    };
    switch (request.kind) {
      case 'suspend': {
        const next = this.owner.act('suspend');
        await this.domain.change('suspend', request.timeoutMilliseconds, goneSignal(socket));
        this.owner.become(next);
        this.#unconfirmedSuspend = true;
        break;
      }
      case 'context':
        this.owner.act('read-context', request.epoch);
        return { kind: 'context', octets: this.domain.context() };
      case 'sendAway': {
        const next = this.owner.act('send-away', request.epoch);
        // A holder that disappeared while waiting for the host's lock will not give permission.
        await this.owner.sendAway(request.name, request.sentTo, check);
        this.owner.become(next);
        break;
      }
      case 'takeBack': {
        const isSent = this.owner.state.standing === 'sent';
        const next = this.owner.act(isSent ? 'take-back' : 'resume', request.epoch);
        if (this.domain.state.crashed) throw new HostError('wrong-state', 'the guest has crashed');
        const nameless = isSent ? await this.owner.comeBack(check) : undefined;
        if (request.paused) await this.domain.change('pause');
        await this.domain.change('resume');
        this.owner.become(next);
        if (nameless !== undefined) throw nameless;
        break;
      }
      case 'release':
        this.#release();
        break;
      case 'adopt':
        this.owner.act('adopt');
        await this.domain.adopt(request.octets);
        break;
      case 'start': {
        const next = this.owner.act('start');
        if (this.domain.incoming) throw new HostError('wrong-state', 'the domain has not arrived yet');
        const { wasPaused } = this.domain.state;
        await this.owner.settle(request.name, check);
        this.owner.become(next);
        if (!request.paused && !wasPaused) await this.domain.change('unpause');
      }
    }
    return this.#done();
  }

  #done(): ControlReply {
    return { kind: 'done', epoch: this.owner.state.epoch };
  }

  async #resume({ force, epoch }: Change & { kind: 'resume' }, check: () => void): Promise<void> {
    const isAway = this.owner.state.standing === 'away';
    const next = this.owner.command(force ? 'resume --force' : 'resume', epoch);
    if (this.domain.state.crashed) throw new HostError('wrong-state', 'the guest has crashed');
    if (isAway) await this.owner.settle(this.owner.ownName, check);
    await this.domain.change('resume');
    this.owner.become(next);
  }

  #take({ purpose, pid, to, epoch }: Change & { kind: 'take' }, socket: Socket): void {
    const next = this.owner.command(purpose === 'migration' ? 'migrate' : 'save', epoch);
    if (this.domain.state.crashed) throw new HostError('wrong-state', 'the guest has crashed');
    if (this.#logOwner !== undefined && this.#logOwner !== socket) refuseLogged();
    // A connection that closed before its request's turn would hold the domain for ever.
    if (socket.destroyed) return;
    this.owner.become(next, { purpose, pid, to });
    this.#holder = socket;
    this.#unconfirmedSuspend = false;
  }

  /** Releases what a closed connection held. */
  async #letGo(socket: Socket): Promise<void> {
    if (this.#holder !== socket) return;
    const { standing } = this.owner.state;
    try {
      // A toolstack that never learnt of its suspend has told its operator that the domain runs.
      if (standing === 'suspended' && this.#unconfirmedSuspend) {
        const next = this.owner.act('resume');
        await this.domain.change('resume');
        this.owner.become(next);
      }
    } finally {
      this.#release();
    }
  }

  #release(): void {
    const next = this.owner.act('release');
    this.#holder = undefined;
    this.#unconfirmedSuspend = false;
    this.owner.become(next);
    if (next === 'gone') this.end();
  }

  #setLogDirty(enabled: boolean, socket: Socket): void {
    if (this.#logOwner !== undefined && this.#logOwner !== socket) refuseLogged();
    if (!enabled) return this.#endLog();
    if (this.#holder === socket) this.owner.act('set-log-dirty');
    else this.owner.command('dirty-rate');
    // A connection that closed before its request's turn would never end log-dirty mode.
    if (socket.destroyed) return;
    this.domain.startLog();
    this.#logOwner = socket;
  }

  #endLog(): void {
    this.domain.endLog();
    this.#logOwner = undefined;
  }

  #hold(socket: Socket): void {
    if (this.owner.state.standing !== 'incoming' || this.#holder !== undefined) {
      throw new HostError('wrong-state', 'only a domain that arrives is held');
    }
    this.onHeld();
    if (socket.destroyed) return this.end();
    this.#holder = socket;
  }

  #checkHolder(socket: Socket): void {
    if (this.#holder === socket && !socket.destroyed) return;
    const { name } = this.owner.state;
    throw new HostError('not-holder', `${name} is not held by this connection`);
  }

  /** Destroys the domain at once: earlier requests that still wait are not done after it. */
  #destroy(request: ControlRequest & Deadline & { kind: 'destroy' }, socket: Socket): ControlReply {
    this.#checkWanted(request, socket);
    const { epoch } = request;
    const isHolder = this.#holder === socket;
    this.owner.become(isHolder ? this.owner.act('destroy', epoch) : this.owner.command('destroy', epoch));
    // The domain ends once the reply is on its way, read or not.
    setImmediate(() => socket.end(this.end));
    setTimeout(this.end, ENDING);
    return { kind: 'done', epoch };
  }

  /**
   * Checks that a request is still wanted.
   * @throws HostError where the sender of a request does not wait for it any more, or the domain was
   * destroyed
   */
  #checkWanted({ deadline }: Deadline, socket: Socket): void {
    this.owner.checkThere();
    const isAwaited = !socket.readableEnded && !socket.destroyed;
    if (isAwaited && (deadline === 0 || Date.now() <= deadline)) return;
    throw new HostError('stale', 'the request came too late: nobody waits for it any more');
  }
}

/**
 * A signal that is aborted when the peer has gone: other requests need not wait for a guest that no longer
 * has to stop.
 */
function goneSignal(socket: Socket): AbortSignal {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  return gone.signal;
}

function refuseLogged(): never {
  throw new HostError(
    'held',
    'its writes are being logged already: it is being migrated, or its dirty rate is being measured',
  );
}

function errorReply(error: unknown): ControlReply {
  if (error instanceof ControlError) return { kind: 'error', code: 'bad-request', message: error.message };
  if (error instanceof HostError && (controlErrorCodes as readonly string[]).includes(error.code)) {
    return { kind: 'error', code: error.code as ControlErrorCode, message: error.message };
  }
  return { kind: 'error', code: 'unavailable', message: messageOf(error) };
}
