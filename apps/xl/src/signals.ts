/** The signals that ask this process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof SIGNALS)[number];

let asked = false;
/** Who heeds them now is the last. */
const heeds: ((signal: EndSignal) => void)[] = [];
let afterwards: (() => void) | undefined;

/** Tells whether one has come that was heeded in place of ending the process. */
export function endWasAsked(): boolean {
  return asked;
}

/** Calls `heed`, and nobody who heeded them before, in place of ending the process. @returns what puts an end to that */
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

/** Calls `end` for one that nobody heeds, for good: what has been done has a status by now, which no signal is to change. */
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
