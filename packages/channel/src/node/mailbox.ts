/**
 * Messages between a thread that blocks and one that has an event loop, which wakes the first by a word of
 * shared memory.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { LOOK_INTERVAL, type Waiting, waitUntil } from '../wait.js';

/**
 * The half of a Node stream that goes to the blocking thread: data of a worker, with `port` in its transfer
 * list.
 */
export interface SharedStream {
  readonly port: MessagePort;
  /** Number of the messages that were sent to `port`. */
  readonly word: Int32Array<SharedArrayBuffer>;
}

interface Received<Message> {
  readonly message: Message;
}

/** Receives messages without an event loop. */
export class Mailbox<Message> {
  #next: Received<Message> | undefined;

  constructor(private readonly shared: SharedStream) {}

  /** Returns the next message, if one has arrived. */
  poll(): Message | undefined {
    this.#receive();
    const received = this.#next;
    this.#next = undefined;
    return received?.message;
  }

  /** Whether a message has arrived. */
  get hasMessage(): boolean {
    return this.#receive();
  }

  /** Waits for the next message. A message that has arrived is not lost if the wait is interrupted. */
  wait(waiting: Waiting): Message {
    waitUntil((milliseconds) => this.#comes(milliseconds), waiting);
    return this.poll()!;
  }

  #comes(milliseconds: number): boolean {
    const { word } = this.shared;
    const seen = Atomics.load(word, 0);
    if (this.#receive()) return true;
    // An interrupt has another word, so the wait is cut into short ones.
    Atomics.wait(word, 0, seen, Math.min(milliseconds, LOOK_INTERVAL));
    return this.#receive();
  }

  #receive(): boolean {
    this.#next ??= receiveMessageOnPort(this.shared.port) as Received<Message> | undefined;
    return this.#next !== undefined;
  }
}
