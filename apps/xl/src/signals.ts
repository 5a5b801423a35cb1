/** The signals that ask this process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof SIGNALS)[number];

let asked = false;

/** Tells whether one has come that was heeded in place of ending the process. */
export function endWasAsked(): boolean {
  return asked;
}

/** Calls `heed` in place of ending the process. @returns what puts an end to that */
export function heedSignals(heed: (signal: EndSignal) => void): () => void {
  const listener = (signal: NodeJS.Signals) => {
    asked = true;
    heed(signal as EndSignal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
