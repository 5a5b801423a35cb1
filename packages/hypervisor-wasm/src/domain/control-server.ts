/** Answers toolstacks. What a connection asked to last as long as itself ends with it. */
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
} from '@mig/protocol/control';
import { createServer, type Socket } from 'node:net';
import type { Domain } from './domain.js';
import type { Owner } from './owner.js';

type Change = Exclude<ControlRequest, { kind: 'state' | 'destroy' }> & Deadline;
type Held = Change & {
  kind: 'suspend' | 'context' | 'sendAway' | 'takeBack' | 'adopt' | 'start' | 'release';
};

/** Milliseconds for the reply to a request to end, at most. */
const ENDING = 500;
/** Requests of a connection that wait for their replies: a toolstack asks one thing after the other. */
export const WAITING = 64;
/** Octets that wait for a toolstack that does not read: a context, and little else. */
const UNREAD = LONGEST_CONTROL_MESSAGE;

export class ControlServer {
  /** Requests that change the domain, one after another, whichever connection they come from. */
  #changes: Promise<unknown> = Promise.resolve();
  #logOwner: Socket | undefined;
  /** The connection that holds the domain. */
  #holder: Socket | undefined;
  /** The holder has suspended the domain, and has asked for nothing since: it may have given up before. */
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
          // What came before the acknowledgement shows nothing.
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
    // A peer that is gone: 'close' follows.
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
      // Never kept waiting by a guest that does not stop.
      if (request.kind === 'state') return { kind: 'state', ...this.domain.state, ...this.owner.state };
      // A process that was stopped reads what was asked meanwhile before it reads that the one who asked has gone.
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

  /** Does what only the connection that holds the domain may ask. */
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
        // A holder that has gone while others had the host's lock will not give permission.
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
    // One that was closed before its request came up would hold it for ever.
    if (socket.destroyed) return;
    this.owner.become(next, { purpose, pid, to });
    this.#holder = socket;
    this.#unconfirmedSuspend = false;
  }

  /** Ends the hold of a connection that is gone. */
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
    // One that was closed before its request came up would never end the log.
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

  /** Decided and done at once: nothing that was asked for before, and waits, is done after it. */
  #destroy(request: ControlRequest & Deadline & { kind: 'destroy' }, socket: Socket): ControlReply {
    this.#checkWanted(request, socket);
    const { epoch } = request;
    const isHolder = this.#holder === socket;
    this.owner.become(isHolder ? this.owner.act('destroy', epoch) : this.owner.command('destroy', epoch));
    // Once the reply is on its way, whether or not anybody reads it.
    setImmediate(() => socket.end(this.end));
    setTimeout(this.end, ENDING);
    return { kind: 'done', epoch };
  }

  /** @throws HostError where the sender of a request does not wait for it any more, or the domain was destroyed */
  #checkWanted({ deadline }: Deadline, socket: Socket): void {
    this.owner.checkThere();
    const isAwaited = !socket.readableEnded && !socket.destroyed;
    if (isAwaited && (deadline === 0 || Date.now() <= deadline)) return;
    throw new HostError('stale', 'the request came too late: nobody waits for it any more');
  }
}

/** Aborted when the peer has gone: what others ask for need not wait for a guest that stops for nobody. */
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
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'error', code: 'unavailable', message };
}
