import { byKind, type EventTable, type IncomingPass, type ReceiveEvent } from '@mig/hypervisor';
import type { TargetState } from '@mig/protocol/handshake';
import type { Log } from '../output/log.js';
import { LossyLines } from '../output/lossy-lines.js';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';

/** Prefix of each line, the same as stock's: the lines reach the operator through ssh's stderr. */
const PREFIX = 'migration target: ';

/** Milliseconds between two lines about the progress of a pass. */
const INTERVAL = 1000;

/** Stock's messages, in stock's order. */
const stockMessages: Partial<Record<TargetState, string>> = {
  greeting: 'Ready to receive domain.',
  'awaiting-permission': 'Transfer complete, requesting permission to start domain.',
  starting: 'Got permission, starting domain.',
  'reporting-success': 'Domain started successfully.',
  'reporting-failure': 'Failure, destroying our copy.',
  'giving-back': 'Cleanup OK, granting sender permission to resume.',
};

/** Lines for the events: all but those of the first two kinds appear with `-v` only. */
const lines: EventTable<ReceiveEvent, string | undefined> = {
  'target-state': ({ state }) => stockMessages[state],
  note: ({ text }) => `${text}.`,
  'domain-announced': ({ name }) => `Receiving ${name}.`,
  'image-started': ({ domain: { type, xenMajor, xenMinor } }) =>
    `The header of the image says ${type}, Xen ${xenMajor}.${xenMinor}.`,
  'record-applied': ({ type }) => `${type} received.`,
  'incoming-pass-started': undefined,
  'incoming-pass-progress': ({ pass }) =>
    `${passName(pass)}: ${pass.pages} pages, ${octetsText(pass.octets)} so far.`,
  'incoming-pass-finished': ({ pass }) =>
    `${passName(pass)}: ${pass.pages} pages, ${octetsText(pass.octets)} in ${millisecondsText(pass.milliseconds)}, ` +
    `${rateText(pass.octets, pass.milliseconds)}.`,
  'image-finished': ({ pages, octets }) => `The image is complete: ${pages} pages, ${octetsText(octets)}.`,
  'domain-restored': ({ domid }) => `The domain is restored, as domid ${domid}.`,
};

function passName({ iteration, verify }: IncomingPass): string {
  return `Pass ${iteration}${verify ? ' (compared)' : ''}`;
}

/**
 * Lines that the target prints on standard error while a domain arrives: the source's terminal may show them.
 */
export class ArrivalLines {
  readonly #lines: LossyLines;
  #progressAt = 0;

  constructor(
    log: Log,
    private readonly verbose: boolean,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.#lines = new LossyLines(
      { line: (text) => log.line(`${PREFIX}${text}`), waiting: () => log.waiting },
      (count) => `${count} lines were left out here: nobody read them.`,
    );
  }

  onEvent(event: ReceiveEvent): void {
    const line = byKind(lines, event);
    if (event.kind === 'target-state' || event.kind === 'note') {
      if (line !== undefined) this.last(line);
    } else if (this.verbose) {
      this.#detail(event, line);
    }
  }

  /** Prints a line even if others still wait to be read. */
  last(line: string): void {
    this.#lines.last(line);
  }

  #detail({ kind }: ReceiveEvent, line: string | undefined): void {
    const isProgress = kind === 'incoming-pass-progress';
    if (isProgress && this.clock() - this.#progressAt < INTERVAL) return;
    if (isProgress || kind === 'incoming-pass-started') this.#progressAt = this.clock();
    if (line !== undefined) this.#lines[isProgress ? 'news' : 'line'](line);
  }
}
