import type { OperatorReply } from './wire/operator-protocol.js';
import { OperatorError } from './errors.js';

/** Most replies to one request that wait: at least a status and an end, or an error. */
const MOST = 16;

/** The replies to one request, as they arrive. Of waiting statuses only the latest is kept. */
export class Replies {
  readonly #come: OperatorReply[] = [];
  #failure: OperatorError | undefined;
  #wake: (() => void) | undefined;

  give(reply: OperatorReply): void {
    if (this.#come.at(-1)?.kind === 'status' && reply.kind === 'status') this.#come.pop();
    // Replies beyond the limit, of a faulty migration, are dropped.
    if (this.#come.length < MOST) this.#come.push(reply);
    this.#wake?.();
  }

  /** Ends the replies with an error; earlier ones can still be taken. */
  fail(error: OperatorError): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /**
   * @param timeout milliseconds
   * @throws OperatorError `silent`; the error given to `fail`
   */
  async next(timeout = Infinity): Promise<OperatorReply> {
    if (this.#come.length === 0 && this.#failure === undefined) await this.#somethingComes(timeout);
    const reply = this.#come.shift();
    if (reply !== undefined) return reply;
    throw this.#failure ?? new OperatorError('silent', `no answer within ${timeout / 1000} s`);
  }

  #somethingComes(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(timeout) ? setTimeout(resolve, timeout) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
