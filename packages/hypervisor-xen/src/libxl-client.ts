import { fileURLToPath } from 'node:url';
import { HostError } from '@mig/hypervisor';
import {
  deadlineIn,
  EndOfInputError,
  Input,
  type Interrupt,
  InterruptedError,
  Output,
  type Patience,
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
import type { HelperDirective, HelperMessage, LibxlReply, LibxlRequest } from './libxl-messages.js';
import { JsonLines, jsonLine } from './lines.js';
import { SilentHelper } from './silent-helper.js';

/** What the save helper says while a request is worked on; `consult` is to be answered. */
export interface HelperListener {
  hear(message: HelperMessage): HelperDirective | undefined;
  /**
   * The helper becomes Xen's own, and says no more.
   * @returns what looks at it now and then, and says in how many milliseconds to look again; what that throws ends the request
   */
  handedOn?(helper: SilentHelper): () => number;
  /** Ends the request: the helper is told to stop, and libxl says how it went. */
  readonly interrupt?: Interrupt | undefined;
  /** For the stream, once the helper has done its part of it and only libxl can still be held up. */
  readonly patience?: Patience | undefined;
}

const LIBXL_PROCESS = fileURLToPath(new URL('./libxl-process.js', import.meta.url));

/** Milliseconds between two looks at Xen's own helper that is to end: while libxl has to answer it, and afterwards. */
const LOOKS_AT_END = { answer: 10, end: 1000 };
/** Looks after its end in which libxl, too, should have come to its own. */
const LOOKS_AFTER_END = 5;

const NOBODY_DECIDES: HelperDirective = {
  decision: {
    decision: 'abort',
    reason: { code: 'no-decision', sentence: 'there is no policy that decides' },
  },
};

/** Asks the process that keeps libxl. Blocks until it has answered. */
export class LibxlClient {
  readonly #requests: Output;
  readonly #decisions: Output;
  readonly #input: Input;
  readonly #replies: JsonLines;
  readonly #connection: LibxlConnection;
  #busy = false;
  #ended = false;
  #looksAfterEnd = 0;

  /** Takes the process that the main thread has, in a worker, or starts one. */
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

  /** There is nobody to ask any more: the process did not live to answer, or a worker has it now. */
  get ended(): boolean {
    return isGone(this.#connection);
  }

  /**
   * @throws HostError as libxl's process does, or `unavailable` where that has ended; InterruptedError; what the listener
   *   throws. It is then over at libxl, too.
   */
  ask(request: LibxlRequest, listener?: HelperListener): unknown {
    if (!claim(this.#connection)) {
      throw new HostError('unavailable', `libxl's process ${this.#ended ? 'has ended' : "is a worker's"}`);
    }
    this.#busy = true;
    try {
      return this.#ask(request, listener);
    } catch (error) {
      const unanswered = error instanceof EndOfInputError;
      const unheard = error instanceof PosixError && error.code === 'EPIPE';
      if (!unanswered && !unheard) throw error;
      this.#ended = true;
      throw new HostError('unavailable', "libxl's process has ended", { cause: error });
    } finally {
      this.#busy = false;
      if (this.#ended) retire(this.#connection);
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
    // What ends the request before libxl does.
    let cause: Error | undefined;
    const stop = (reason: unknown) => {
      cause ??= reason instanceof Error ? reason : new Error(String(reason));
      this.#input.interrupt = undefined;
      this.#input.deadline = undefined;
      // Past the helper libxl itself may be held up by the stream, and listens to nobody.
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
          this.#ended = true;
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
        const { patience } = listener ?? {};
        this.#input.deadline = patience && deadlineIn(patience.milliseconds, patience.what);
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
   * Xen's own helper is told to end until it has: a signal may have come to it as it became that. libxl may then still be
   * held up by the stream, and listens to nobody.
   * @returns milliseconds until it is to be looked at again
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

  /** The process ends by itself. One that a worker has is the worker's. */
  close(): void {
    const aWorkers = isGone(this.#connection) && !this.#ended;
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
    // It has ended already.
  }
}
