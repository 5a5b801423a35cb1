/**
 * The half of a Node stream that stays with its event loop. A stream works in its thread alone, and a migration blocks: so the
 * stream stays with the main thread, say, and its octets go to and from the worker that migrates by messages, a window of
 * them at a time.
 *
 *     the thread of the stream                        the thread that blocks
 *     shareReadable(stream)  -- octets, ended, failed -->  StreamSource
 *                            <-- octets taken ----------
 *     shareWritable(stream)  <-- octets, ended ----------  StreamSink
 *                            -- octets written, failed -->
 */
import { finished, type Readable, type Writable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import type { SharedStream } from './mailbox.js';

/** Octets that are on their way at most; one message that is larger goes alone. */
export const WINDOW = 1 << 20;

/** How a stream has failed. */
export interface StreamFailure {
  readonly failed: { readonly code: string | undefined; readonly message: string };
}

/** What comes of a readable stream, in this order; and of a writable one, the number of octets that it has taken. */
export type FromReadable = Uint8Array | 'ended' | StreamFailure;
export type FromWritable = number | StreamFailure;

/** What goes to a writable stream; to a readable one goes the number of octets that were taken of it. */
export type ToWritable = Uint8Array | 'ended';

/**
 * Reads a stream for a StreamSource in another thread. It is read no further than that thread keeps up with; when that
 * thread closes the source, or ends, it is read no more. It stays the caller's to destroy.
 * @param stream of octets: it must have no encoding
 */
export function shareReadable(stream: Readable): SharedStream {
  const { port, shared, tell } = open();
  let onTheirWay = 0;
  const read = (octets: Uint8Array) => {
    onTheirWay += octets.length;
    if (onTheirWay >= WINDOW) stream.pause();
    const copy = new Uint8Array(octets);
    tell(copy, [copy.buffer]);
  };
  const release = finished(stream, { writable: false }, (error) => {
    tell(error ? failure(error) : 'ended');
    // Nothing more comes of it that this thread should live for.
    port.unref();
  });
  port.on('message', (taken: number) => {
    onTheirWay -= taken;
    if (onTheirWay < WINDOW) stream.resume();
  });
  port.on('close', () => {
    release();
    stream.off('data', read).pause();
  });
  stream.on('data', read);
  return shared;
}

/**
 * Writes to a stream for a StreamSink in another thread. When that thread closes the sink, the stream is ended; when that
 * thread ends without, the stream is destroyed, so that its other end does not take it for whole. That all of it was
 * written is known by the stream's own events.
 */
export function shareWritable(stream: Writable): SharedStream {
  const { port, shared, tell } = open();
  let ended = false;
  finished(stream, { readable: false }, (error) => {
    // Nothing more goes to it that this thread should live for.
    port.unref();
    if (error) tell(failure(error));
    else if (!ended) tell({ failed: { code: undefined, message: 'it was ended by another' } });
  });
  port.on('message', (message: ToWritable) => {
    if (message === 'ended') {
      ended = true;
      stream.end();
      return;
    }
    stream.write(message, (error) => {
      // A failure is told once, by what ends the stream.
      if (!error) tell(message.length);
    });
  });
  port.on('close', () => {
    if (!ended) stream.destroy();
  });
  return shared;
}

function open() {
  const { port1: port, port2 } = new MessageChannel();
  const word = new Int32Array(new SharedArrayBuffer(4));
  const tell = (message: FromReadable | FromWritable, transfers: ArrayBuffer[] = []) => {
    port.postMessage(message, transfers);
    Atomics.add(word, 0, 1);
    Atomics.notify(word, 0);
  };
  const shared: SharedStream = { port: port2, word };
  return { port, shared, tell };
}

function failure(error: NodeJS.ErrnoException): StreamFailure {
  return { failed: { code: error.code, message: error.message } };
}
