import { fileURLToPath } from 'node:url';
import type { Interrupt } from '@mig/channel';
import { HostError } from '@mig/hypervisor';
import {
  deadlineIn,
  EndOfInputError,
  Input,
  InterruptedError,
  Output,
  type Timeout,
  PosixError,
  TimeoutError,
} from '@mig/posix';
import {
  claim,
  isGone,
  type LibxlConnection,
  offerToWorkers,
  release,
  retire,
  startLibxl,
  takeFromMainThread,
} from './libxl-connection.js';
import type {
  HelperDirective,
  HelperMessage,
  LibxlReply,
  LibxlRequest,
  LibxlValues,
} from './libxl-messages.js';
import { JsonLines, jsonLine } from './lines.js';
import { SilentHelper } from '../helper/silent-helper.js';

/** Handles the save helper's messages during a request; `consult` must be answered. */
export interface HelperListener {
  hear(message: HelperMessage): HelperDirective | undefined;
  /**
   * Called when the helper becomes Xen's own, and is silent from then on.
   * @returns a function that looks at it, and returns the milliseconds until the next look; what it throws
   * ends the request
   */
  handedOn?(helper: SilentHelper): () => number;
  /** Ends the request: the helper is told to stop, and libxl reports the result. */
  readonly interrupt?: Interrupt | undefined;
  /** Timeout of the stream, once the helper has finished and only libxl can still be blocked. */
  readonly timeout?: Timeout | undefined;
}

const LIBXL_PROCESS = fileURLToPath(new URL('../../bin/libxl-process.cjs', import.meta.url));

/**
 * Milliseconds between two looks at Xen's own helper during its end: while libxl has to answer it, and
 * afterwards.
 */
const LOOKS_AT_END = { answer: 10, end: 1000 };
/** Number of looks after its end in which libxl, too, should have finished. */
const LOOKS_AFTER_END = 5;

const NOBODY_DECIDES: HelperDirective = {
  decision: {
    decision: 'abort',
    reason: { code: 'no-decision', sentence: 'there is no policy that decides' },
  },
};

/** A client of the process that runs libxl. Blocks until it has answered. */
export class LibxlClient {
  readonly #requests: Output;
  readonly #decisions: Output;
  readonly #input: Input;
  readonly #replies: JsonLines;
  readonly #connection: LibxlConnection;
  #busy = false;
  #processDied = false;
  #looksAfterEnd = 0;

  /** Takes over the main thread's process, in a worker, or starts one. */
  constructor(program = LIBXL_PROCESS) {
    const connection = takeFromMainThread() ?? startLibxl(program);
    offerToWorkers(connection);
    const subject = "libxl's process";
    this.#connection = connection;
    this.#requests = new Output(connection.requests, { subject });
    this.#decisions = new Output(connection.decisions, { subject });
    this.#input = new Input(connection.replies, { subject });
    this.#replies = new JsonLines(this.#input);
  }

  /** True once this client is unusable: the libxl process has died, or a worker has taken it over. */
  get isUnusable(): boolean {
    return isGone(this.#connection);
  }

  /**
   * Makes a request.
   * @throws HostError as libxl's process does, or `unavailable` where that has ended; InterruptedError;
   * what the listener throws. The request is then over at libxl, too.
   */
  ask<R extends LibxlRequest>(request: R, listener?: HelperListener): LibxlValues[R['kind']] {
    if (!claim(this.#connection)) {
      throw new HostError(
        'unavailable',
        `libxl's process ${this.#processDied ? 'has ended' : "is a worker's"}`,
      );
    }
    this.#busy = true;
    try {
      return this.#ask(request, listener) as LibxlValues[R['kind']];
    } catch (error) {
      const unanswered = error instanceof EndOfInputError;
      const unheard = error instanceof PosixError && error.code === 'EPIPE';
      if (!unanswered && !unheard) throw error;
      this.#processDied = true;
      throw new HostError('unavailable', "libxl's process has ended", { cause: error });
    } finally {
      this.#busy = false;
      if (this.#processDied) retire(this.#connection);
      else release(this.#connection);
    }
  }

  get busy(): boolean {
    return this.#busy;
  }

  #ask(request: LibxlRequest, listener?: HelperListener): unknown {
    this.#requests.write(jsonLine(request));
    this.#input.interrupt = listener?.interrupt;
    this.#input.deadline = undefined;
    this.#input.whileWaiting = undefined;
    let helper: number | undefined;
    let silent: SilentHelper | undefined;
    this.#looksAfterEnd = 0;
    let helperIsDone = false;
    // The cause that ends the request before libxl does.
    let cause: Error | undefined;
    const stop = (reason: unknown) => {
      cause ??= reason instanceof Error ? reason : new Error(String(reason));
      this.#input.interrupt = undefined;
      this.#input.deadline = undefined;
      // After the helper's part libxl itself may be blocked by the stream, and hears nobody.
      if (silent !== undefined) this.#input.lookInterval = this.#end(silent);
      else if (helperIsDone) this.#kill();
      else if (helper !== undefined) signal(helper, 'SIGTERM');
    };
    const handedOn = (helper: SilentHelper) => {
      silent = helper;
      const look = listener?.handedOn?.(helper);
      this.#input.lookInterval = LOOKS_AT_END.answer;
      this.#input.whileWaiting = () => {
        try {
          this.#input.lookInterval = cause === undefined ? look?.() : this.#end(helper);
        } catch (error) {
          stop(error);
        }
      };
    };
    for (;;) {
      let message: LibxlReply | HelperMessage;
      try {
        message = this.#replies.next() as LibxlReply | HelperMessage;
      } catch (error) {
        if (cause !== undefined && error instanceof EndOfInputError) {
          this.#processDied = true;
          throw cause;
        }
        if (!(error instanceof InterruptedError) && !(error instanceof TimeoutError)) throw error;
        stop(error);
        continue;
      }
      if (message.kind === 'done' || message.kind === 'error') {
        // An interrupt may come when all is done: a domain that was built is not to be forgotten.
        const tooLate = message.kind === 'done' && cause instanceof InterruptedError;
        if (cause !== undefined && !tooLate) throw cause;
        if (message.kind === 'done') return message.value;
        const { code, domid } = message;
        throw new HostError(code, message.message, domid === undefined ? {} : { domid });
      }
      if (message.kind === 'helper') {
        helper = message.pid;
        if (cause !== undefined) signal(helper, 'SIGTERM');
      }
      if (message.kind === 'handed-on' && helper !== undefined) {
        handedOn(new SilentHelper(helper, this.#connection.pid ?? 0));
      }
      if (message.kind === 'image' || message.kind === 'failed') {
        helperIsDone = true;
        const { timeout } = listener ?? {};
        this.#input.deadline = timeout && deadlineIn(timeout.milliseconds, timeout.what);
      }
      let directive: HelperDirective | undefined;
      try {
        directive = listener?.hear(message);
      } catch (error) {
        stop(error);
      }
      if (message.kind === 'consult') this.#decisions.write(jsonLine(directive ?? NOBODY_DECIDES));
    }
  }

  /**
   * Tells Xen's own helper to end until it has: a signal during its exec may be lost. libxl may then still
   * be blocked by the stream, and hears nobody.
   * @returns milliseconds until the next look
   */
  #end(helper: SilentHelper): number {
    const attempt = helper.stop();
    if (attempt === 'asks') return LOOKS_AT_END.answer;
    if (attempt === 'gone' && ++this.#looksAfterEnd > LOOKS_AFTER_END) this.#kill();
    return LOOKS_AT_END.end;
  }

  #kill(): void {
    const { pid } = this.#connection;
    if (pid !== undefined) signal(pid, 'SIGKILL');
  }

  /**
   * Closes the client; the process then ends by itself. A process that a worker has taken is the worker's.
   */
  close(): void {
    const aWorkers = isGone(this.#connection) && !this.#processDied;
    if (aWorkers) return;
    retire(this.#connection);
    this.#requests.close();
    this.#decisions.close();
    this.#input.close();
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has ended already.
  }
}
