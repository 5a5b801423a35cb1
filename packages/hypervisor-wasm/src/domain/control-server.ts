/** Answers toolstacks. What a connection asked to last as long as itself ends with it. */
import { HostError } from '@mig/hypervisor';
import {
  type ControlErrorCode,
  ControlError,
  controlErrorCodes,
  ControlFrames,
  type ControlReply,
  type ControlRequest,
  decodeControlRequest,
  encodeControlReply,
} from '@mig/protocol/control';
import { createServer, type Socket } from 'node:net';
import type { Domain } from './domain.js';

export class ControlServer {
  /** Requests that change the domain, one after another, whichever connection they come from. */
  #changes: Promise<unknown> = Promise.resolve();
  #logOwner: Socket | undefined;
  /** The domain ends with this connection. */
  #holder: Socket | undefined;
  /** Has suspended the domain, and has asked for nothing since: it may have given up before it was suspended. */
  #unawareSuspender: Socket | undefined;

  constructor(
    private readonly domain: Domain,
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
    socket.on('data', (octets: Buffer) => {
      try {
        for (const message of frames.push(octets)) {
          // What came before the acknowledgement shows nothing.
          if (this.#unawareSuspender === socket) this.#unawareSuspender = undefined;
          replies = replies.then(async () => {
            const reply = await this.#answer(message, socket);
            if (!socket.destroyed) socket.write(encodeControlReply(reply));
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
      this.#takeBackSuspend(socket);
    });
  }

  async #answer(message: Uint8Array, socket: Socket): Promise<ControlReply> {
    try {
      const request = decodeControlRequest(message);
      // Never kept waiting by a guest that does not stop.
      if (request.kind === 'state') return { kind: 'state', ...this.domain.state };
      if (request.kind === 'destroy') return this.#destroy(socket);
      const change = this.#changes.then(() => this.#perform(request, socket));
      this.#changes = change.catch(() => {});
      return await change;
    } catch (error) {
      return errorReply(error);
    }
  }

  async #perform(
    request: Exclude<ControlRequest, { kind: 'state' | 'destroy' }>,
    socket: Socket,
  ): Promise<ControlReply> {
    switch (request.kind) {
      case 'pause':
      case 'unpause':
        await this.domain.change(request.kind);
        break;
      case 'resume':
        await this.domain.change('resume');
        this.#unawareSuspender = undefined;
        break;
      case 'suspend':
        await this.domain.change('suspend', request.timeoutMilliseconds);
        this.#unawareSuspender = socket;
        if (socket.destroyed) this.#takeBackSuspend(socket);
        break;
      case 'context':
        return { kind: 'context', octets: this.domain.context() };
      case 'adopt':
        await this.domain.adopt(request.octets);
        break;
      case 'hold':
        this.#hold(socket);
        break;
      case 'release':
        this.#holder = undefined;
        break;
      case 'setLogDirty':
        this.#setLogDirty(request.enabled, socket);
    }
    return { kind: 'done' };
  }

  /** A toolstack that never learnt of its suspend has told its operator that the domain runs. */
  #takeBackSuspend(socket: Socket): void {
    this.#changes = this.#changes
      .then(async () => {
        if (this.#unawareSuspender !== socket) return;
        this.#unawareSuspender = undefined;
        await this.domain.change('resume');
      })
      .catch(() => {});
  }

  #setLogDirty(enabled: boolean, socket: Socket): void {
    if (this.#logOwner !== undefined && this.#logOwner !== socket) {
      throw new HostError(
        'wrong-state',
        'its writes are being logged already: it is being migrated, or its dirty rate is being measured',
      );
    }
    if (!enabled) return this.#endLog();
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
    this.onHeld();
    if (socket.destroyed) return this.end();
    this.#holder = socket;
    socket.on('close', () => {
      if (this.#holder === socket) this.end();
    });
  }

  #destroy(socket: Socket): ControlReply {
    socket.on('close', this.end);
    setImmediate(() => socket.end());
    return { kind: 'done' };
  }
}

function errorReply(error: unknown): ControlReply {
  if (error instanceof ControlError) return { kind: 'error', code: 'bad-request', message: error.message };
  if (error instanceof HostError && (controlErrorCodes as readonly string[]).includes(error.code)) {
    return { kind: 'error', code: error.code as ControlErrorCode, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'error', code: 'unavailable', message };
}
