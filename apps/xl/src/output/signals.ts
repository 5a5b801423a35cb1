/** The signals that ask this process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** Words for what stopped a command, by the signal. */
export const signalWords: Readonly<Record<EndSignal, string>> = {
  SIGINT: 'stopped by Ctrl-C',
  SIGTERM: 'stopped by SIGTERM',
  SIGHUP: 'stopped because the terminal was closed',
};

let asked = false;
/** The handlers; the last one is in charge. */
const heeds: ((signal: EndSignal) => void)[] = [];
let afterwards: (() => void) | undefined;

/** Tells whether a signal has come that was handled instead of ending the process. */
export function endWasAsked(): boolean {
  return asked;
}

/**
 * Has `heed` handle the signals, instead of any earlier handler.
 * @returns a function that removes it
 */
export function heedSignals(heed: (signal: EndSignal) => void): () => void {
  listen();
  heeds.push(heed);
  return () => {
    const at = heeds.indexOf(heed);
    if (at >= 0) heeds.splice(at, 1);
    if (heeds.length > 0 || afterwards !== undefined) return;
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}

/**
 * Calls `end` for signals that have no handler, for good: by now the exit status is decided, and no signal
 * may change it.
 */
export function endAtSignals(end: () => void): void {
  listen();
  afterwards = end;
}

function listen(): void {
  if (heeds.length > 0 || afterwards !== undefined) return;
  for (const signal of SIGNALS) process.on(signal, listener);
}

function listener(signal: NodeJS.Signals): void {
  asked = true;
  const heed = heeds.at(-1);
  if (heed === undefined) afterwards?.();
  else heed(signal as EndSignal);
}
