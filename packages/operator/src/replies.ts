import type { OperatorReply } from './wire/operator-protocol.js';
import { OperatorError } from './errors.js';

/** Of one request that nobody has taken yet: there are a status and an end, or an error. */
const MOST = 16;

/** The replies to one request, as they come. Of statuses that nobody has taken yet the latest is kept. */
export class Replies {
  readonly #come: OperatorReply[] = [];
  #failure: OperatorError | undefined;
  #wake: (() => void) | undefined;

  give(reply: OperatorReply): void {
    if (this.#come.at(-1)?.kind === 'status' && reply.kind === 'status') this.#come.pop();
    // What a migration that makes no sense adds to them is passed over.
    if (this.#come.length < MOST) this.#come.push(reply);
    this.#wake?.();
  }

  /** What came before is still taken. */
  fail(error: OperatorError): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  /**
   * @param patience milliseconds
   * @throws OperatorError `silent`; what `fail` was given
   */
  async next(patience = Infinity): Promise<OperatorReply> {
    if (this.#come.length === 0 && this.#failure === undefined) await this.#somethingComes(patience);
    const reply = this.#come.shift();
    if (reply !== undefined) return reply;
    throw this.#failure ?? new OperatorError('silent', `no answer within ${patience / 1000} s`);
  }

  #somethingComes(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(patience) ? setTimeout(resolve, patience) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
