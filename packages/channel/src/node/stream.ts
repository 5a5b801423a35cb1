/** The half of a Node stream in a blocking thread: see pump.ts for the half that stays with the stream. */
import { type EndOptions, ReadingEnd, WritingEnd } from '../ends.js';
import { StreamFailedError } from '../errors.js';
import { Mailbox, type SharedStream } from './mailbox.js';
import { type FromReadable, type FromWritable, type StreamFailure, WINDOW } from './pump.js';
import { refuseIfRaised } from '../wait.js';

const NOTHING = new Uint8Array(0);

/** Octets of a message at most: each is a sign that octets move. */
const PIECE = 1 << 16;

/** The octets of a readable stream that another thread has shared with `shareReadable`. */
export class StreamSource extends ReadingEnd {
  readonly #mailbox: Mailbox<FromReadable>;
  #arrived: Uint8Array = NOTHING;
  #at = 0;
  #end: 'ended' | StreamFailure | undefined;

  constructor(
    private readonly shared: SharedStream,
    options: EndOptions,
  ) {
    super(options);
    this.#mailbox = new Mailbox(shared);
  }

  /**
   * Reads octets of the stream.
   * @throws StreamFailedError if the stream failed, or was destroyed before its end
   */
  readSome(target: Uint8Array): number {
    refuseIfRaised(this.interrupt);
    while (this.#at === this.#arrived.length) if (!this.#receive()) return 0;
    const part = this.#arrived.subarray(this.#at, this.#at + target.length);
    target.set(part);
    this.#at += part.length;
    this.moved(part.length);
    if (this.#at === this.#arrived.length) this.shared.port.postMessage(this.#at);
    return part.length;
  }

  hasArrived(): boolean {
    return this.#at < this.#arrived.length || this.#end !== undefined || this.#mailbox.hasMessage;
  }

  /** Waits for the next octets. @returns false at the end */
  #receive(): boolean {
    const message = this.#end ?? this.#mailbox.wait(this);
    if (message instanceof Uint8Array) {
      [this.#arrived, this.#at] = [message, 0];
      return true;
    }
    this.#end = message;
    if (message === 'ended') return false;
    throw failedError(this.subject, message);
  }

  /** Stops reading the stream, whose owner does not get back what was read ahead: at most the window. */
  close(): void {
    this.shared.port.close();
  }
}

/** A writable stream that another thread has shared with `shareWritable`. */
export class StreamSink extends WritingEnd {
  readonly #mailbox: Mailbox<FromWritable>;
  #onTheirWay = 0;
  #isClosed = false;
  #failure: StreamFailure | undefined;

  constructor(
    private readonly shared: SharedStream,
    options: EndOptions,
  ) {
    super(options);
    this.#mailbox = new Mailbox(shared);
  }

  /**
   * Hands all of `octets` to the stream's thread, waiting while more than the window is on its way.
   * @throws StreamFailedError if the stream has failed, was destroyed or is closed; how much it had taken by
   * then is unknown
   */
  write(octets: Uint8Array): void {
    if (this.#isClosed)
      throw new StreamFailedError(this.subject, 'ERR_STREAM_WRITE_AFTER_END', 'it is closed');
    // Copies, since what is posted is gone here: `slice` of a Buffer is none.
    for (let at = 0; at < octets.length; at += PIECE)
      this.#post(new Uint8Array(octets.subarray(at, at + PIECE)));
  }

  #post(octets: Uint8Array<ArrayBuffer>): void {
    refuseIfRaised(this.interrupt);
    for (let heard; (heard = this.#mailbox.poll()) !== undefined;) this.#hear(heard);
    while (this.#onTheirWay > 0 && this.#onTheirWay + octets.length > WINDOW) {
      this.#hear(this.#mailbox.wait(this));
    }
    if (this.#failure !== undefined) throw failedError(this.subject, this.#failure);
    const { length } = octets;
    this.shared.port.postMessage(octets, [octets.buffer]);
    this.#onTheirWay += length;
    this.moved(length);
  }

  #hear(message: FromWritable): void {
    if (typeof message === 'number') this.#onTheirWay -= message;
    else {
      this.#failure = message;
      this.#onTheirWay = 0;
    }
  }

  /** Ends the stream once it has taken what was written. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.shared.port.postMessage('ended');
    this.shared.port.close();
  }
}

function failedError(subject: string, { failed: { code, message } }: StreamFailure): StreamFailedError {
  return new StreamFailedError(subject, code, message);
}
