import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HostError, type PrecopyDecision } from '@mig/hypervisor';
import {
  closeDescriptor,
  EndOfInputError,
  Input,
  type Interrupt,
  InterruptedError,
  Output,
  pipe,
} from '@mig/posix';
import type { HelperEvent, LibxlReply, LibxlRequest } from './libxl-messages.js';
import { JsonLines, jsonLine } from './lines.js';

/** What the save helper says while a request is worked on; `consult` is to be answered. */
export interface HelperListener {
  event(event: HelperEvent): PrecopyDecision | undefined;
  /** Ends the request: the helper is told to stop, and libxl says how it went. */
  readonly interrupt?: Interrupt | undefined;
}

/** Asks the process that keeps libxl. Blocks until it has answered. */
export class LibxlClient {
  readonly #requests: Output;
  readonly #decisions: Output;
  readonly #input: Input;
  readonly #replies: JsonLines;

  /** Starts the process. Its standard error, libxl's messages, is ours. */
  constructor() {
    const requests = pipe();
    const replies = pipe();
    const decisions = pipe();
    const program = fileURLToPath(new URL('./libxl-process.js', import.meta.url));
    const theirs = [requests.readEnd, replies.writeEnd, decisions.readEnd];
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit', ...theirs] });
    child.unref();
    for (const fd of theirs) closeDescriptor(fd);
    const subject = "libxl's process";
    this.#requests = new Output(requests.writeEnd, { subject });
    this.#decisions = new Output(decisions.writeEnd, { subject });
    this.#input = new Input(replies.readEnd, { subject });
    this.#replies = new JsonLines(this.#input);
  }

  /** @throws HostError as libxl's process does, or `unavailable` where that has ended */
  ask(request: LibxlRequest, listener?: HelperListener): unknown {
    this.#requests.write(jsonLine(request));
    this.#input.interrupt = listener?.interrupt;
    let helper: number | undefined;
    let interrupted: InterruptedError | undefined;
    for (;;) {
      let message: LibxlReply | HelperEvent;
      try {
        message = this.#replies.next() as LibxlReply | HelperEvent;
      } catch (error) {
        if (error instanceof InterruptedError) {
          interrupted = error;
          this.#input.interrupt = undefined;
          if (helper !== undefined) stop(helper);
          continue;
        }
        if (!(error instanceof EndOfInputError)) throw error;
        throw new HostError('unavailable', "libxl's process has ended", { cause: error });
      }
      if ('event' in message) {
        if (message.event === 'helper') {
          helper = message.pid;
          if (interrupted !== undefined) stop(helper);
        }
        const decision = listener?.event(message);
        if (message.event === 'consult')
          this.#decisions.write(jsonLine(decision ?? { decision: 'continue-precopy' }));
        continue;
      }
      if (message.reply === 'done') return message.value;
      if (interrupted !== undefined) throw interrupted;
      throw new HostError(
        message.code,
        message.message,
        message.domid === undefined ? {} : { domid: message.domid },
      );
    }
  }

  /** The process ends by itself. */
  close(): void {
    this.#requests.close();
    this.#decisions.close();
    this.#input.close();
  }
}

function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended already.
  }
}
