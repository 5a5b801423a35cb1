/**
 * The half of a Node stream that stays with its event loop. A stream works only in its own thread, and a
 * migration blocks. So the stream stays, for example, with the main thread, and its octets travel by messages
 * to and from the worker that migrates, with a limited window on the way.
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

/** Most octets on the way; a single larger message travels alone. */
export const WINDOW = 1 << 20;

/** The failure of a stream. */
export interface StreamFailure {
  readonly failed: { readonly code: string | undefined; readonly message: string };
}

/**
 * The messages from a readable stream, in this order; a writable one answers with the number of octets that
 * it has taken.
 */
export type FromReadable = Uint8Array | 'ended' | StreamFailure;
export type FromWritable = number | StreamFailure;

/** The messages to a writable stream; a readable one gets the number of octets that were taken from it. */
export type ToWritable = Uint8Array | 'ended';

/**
 * Reads a stream for a StreamSource in another thread, no faster than that thread keeps up; when that thread
 * closes the source, or ends, reading stops. Destroying the stream stays the caller's task.
 * @param stream a stream of octets: it must have no encoding
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
    // Nothing more comes of the stream for which this thread should stay alive.
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
 * Writes to a stream for a StreamSink in another thread. When that thread closes the sink, the stream is
 * ended; when that thread ends without closing it, the stream is destroyed, so that its other end does not
 * take it for complete. The stream's own events tell whether everything was written.
 */
export function shareWritable(stream: Writable): SharedStream {
  const { port, shared, tell } = open();
  let ended = false;
  finished(stream, { readable: false }, (error) => {
    // Nothing more goes to the stream for which this thread should stay alive.
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
      // A failure is reported once, by the end of the stream.
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
