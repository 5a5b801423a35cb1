import type { Interrupt } from '@mig/channel';
import { HostError } from '@mig/hypervisor';
import {
  closeDescriptor,
  deadlineIn,
  EndOfInputError,
  Input,
  InterruptedError,
  Output,
  setNonBlocking,
  TimeoutError,
} from '@mig/posix';
import {
  ControlError,
  ControlFrames,
  type ControlReply,
  type ControlRequest,
  type ControlState,
  decodeControlReply,
  encodeControlRequest,
} from './control/control-messages.js';
import { connectToDomain } from './domain-socket.js';
import { codeOf } from './error-code.js';

/** Timeout of a domain process's answer, in milliseconds. */
const TIMEOUT = 20_000;
/** Time for an answer beyond the time in which the request may still begin, in milliseconds. */
const GRACE = 2000;

/** A connection to a domain's process: sends requests, and waits for the answers. */
export class ControlConnection {
  readonly #fd: number;
  readonly #frames = new ControlFrames();
  readonly #input: Input;
  readonly #output: Output;
  /** The error of an answer that was not waited for: it could arrive as the answer to the next request. */
  #tooLate: HostError | undefined;

  /**
   * Connects to a domain's process.
   * @param folder the domain's
   * @throws HostError domain-died where nobody listens there, unavailable where that cannot be found out
   */
  constructor(
    folder: string,
    private readonly domid: number,
  ) {
    this.#fd = this.#orDied(() => connectToDomain(folder)) ?? this.#died();
    // A write to a stopped process would wait in the kernel, beyond any deadline.
    setNonBlocking(this.#fd);
    this.#input = new Input(this.#fd, { subject: `domain ${domid}` });
    this.#output = new Output(this.#fd, { subject: `domain ${domid}` });
  }

  /**
   * Makes a request.
   * @param interrupt ends the wait for the answer, and with it the use of the connection
   * @returns the domain's epoch after it
   * @throws HostError for what the domain's process refuses, domain-died where it is gone; InterruptedError
   */
  do(request: ControlRequest, milliseconds = 0, interrupt?: Interrupt): number {
    return this.#ask(request, 'done', milliseconds, interrupt).epoch;
  }

  /**
   * Tells whether an answer was not waited for: no further request is possible, and the domain's process
   * must see the connection close.
   */
  get isSpent(): boolean {
    return this.#tooLate !== undefined;
  }

  state(): ControlState {
    return this.#ask({ kind: 'state' }, 'state');
  }

  /**
   * Reads the vCPU's state.
   * @param epoch that of the suspend
   */
  context(epoch: number): Uint8Array {
    return this.#ask({ kind: 'context', epoch }, 'context').octets;
  }

  close(): void {
    closeDescriptor(this.#fd);
  }

  #ask<K extends ControlReply['kind']>(
    request: ControlRequest,
    kind: K,
    milliseconds = 0,
    interrupt?: Interrupt,
  ): ControlReply & { kind: K } {
    const due = milliseconds === 0 ? TIMEOUT : milliseconds;
    // A request that nobody waits for any more must not be done later.
    const deadline = Date.now() + due;
    if (this.#tooLate !== undefined) throw this.#tooLate;
    const what = `no answer of the process of domain ${this.domid}`;
    this.#input.deadline = this.#output.deadline = deadlineIn(due + GRACE, what);
    this.#input.interrupt = interrupt;
    const reply = this.#orDied(() => {
      this.#output.write(encodeControlRequest({ ...request, deadline }));
      return decodeControlReply(this.#receive());
    });
    const { domid } = this;
    if (reply.kind === kind) return reply as ControlReply & { kind: K };
    if (reply.kind !== 'error')
      throw new HostError('unavailable', `domain ${domid} answers ${reply.kind}`, { domid });
    const code = reply.code === 'bad-request' ? 'unavailable' : reply.code;
    throw new HostError(code, `domain ${domid}: ${reply.message}`, { domid });
  }

  #receive(): Uint8Array {
    const octets = new Uint8Array(65536);
    for (;;) {
      const count = this.#input.readSome(octets);
      if (count === 0) throw new EndOfInputError(this.#input.subject, this.#input.octets, 1);
      const [message] = this.#frames.push(octets.subarray(0, count));
      if (message !== undefined) return message;
    }
  }

  #orDied<T>(action: () => T): T {
    const { domid } = this;
    try {
      return action();
    } catch (error) {
      if (error instanceof InterruptedError) {
        const message = `the process of domain ${domid} was not waited for`;
        this.#tooLate = new HostError('unavailable', message, { domid, cause: error });
        throw error;
      }
      if (error instanceof TimeoutError) {
        this.#tooLate = new HostError('unavailable', error.message, { domid, cause: error });
        throw this.#tooLate;
      }
      if (error instanceof ControlError) {
        const message = `the process of domain ${domid} does not speak as this mig does: ${error.message}`;
        throw new HostError('unavailable', message, { domid, cause: error });
      }
      const isSystems = error instanceof Error && 'syscall' in error;
      const code = error instanceof EndOfInputError ? 'EPIPE' : isSystems ? codeOf(error) : undefined;
      if (code === undefined) throw error;
      if (code === 'EPIPE' || code === 'ECONNRESET') return this.#died(error);
      const message = `the process of domain ${domid} cannot be reached (${code})`;
      throw new HostError('unavailable', message, { domid, cause: error });
    }
  }

  #died(cause?: unknown): never {
    const { domid } = this;
    throw new HostError('domain-died', `the process of domain ${domid} is gone`, { domid, cause });
  }
}

/** Releases what a connection holds, and closes it. */
export function letGo(connection: ControlConnection): void {
  try {
    connection.do({ kind: 'release' });
  } catch (error) {
    // A domain that has ended needs no release, and one that does not answer sees the connection close.
    if (!(error instanceof HostError)) throw error;
  } finally {
    connection.close();
  }
}
