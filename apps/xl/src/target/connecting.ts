/** A line that says that a connection is being made, and Ctrl-C meanwhile. */
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';
import { heedSignals, signalWords } from '../output/signals.js';

/** Says on a terminal whose answer is awaited. To be said before ssh starts, which may ask for a password there. */
export function sayConnecting(where: string, log: Pick<Log, 'line'>): void {
  if (isatty(2)) log.line(`Connecting to ${where} ...`);
}

/** The signals that end the wait for a connection. */
export interface SignalWait {
  /** Rejects with a Failure at the first signal: the caller ends what it has started. */
  readonly signal: Promise<never>;
  readonly end: () => void;
}

/** Listens for signals; to be called before anything is started that a signal must end. */
export function awaitSignal(): SignalWait {
  let end: () => void = () => undefined;
  const signal = new Promise<never>((_, reject) => {
    end = heedSignals((each) => reject(new Failure(signalWords[each])));
  });
  signal.catch(() => undefined);
  return { signal, end };
}
