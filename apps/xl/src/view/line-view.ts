import { byKind, type ConsultationPoint, type EventTable, type PassReport } from '@mig/hypervisor';
import type { SourceState } from '@mig/protocol/handshake';
import type { MigrationReport } from '@mig/sender';
import type { Log } from '../output/log.js';
import { LossyLines } from '../output/lossy-lines.js';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';
import type { Account } from './account.js';
import { failureLines, summaryLines, verdict } from './summary.js';
import type { TaskFailure } from '../worker/task.js';
import { changeWords } from './settings-change.js';
import type { View, ViewEvent } from './view.js';

/** Stock's messages, in stock's order. */
const stockMessages: Partial<Record<SourceState, string>> = {
  'renaming-away': 'migration sender: Target has acknowledged transfer.',
  'giving-permission': 'migration sender: Giving target permission to start.',
  'awaiting-permission-back': 'migration sender: Target reports startup failure.',
  'taking-back': 'migration sender: Trying to resume at our end.',
  'taken-back': 'migration sender: Resumed OK.',
  destroying: 'migration sender: Target reports successful startup.',
};

/** Lines for the events that have one. */
const lines: EventTable<ViewEvent, string | undefined> = {
  'source-state': ({ state }) => stockMessages[state],
  'pass-finished': ({ pass }) => passLine(pass),
  'precopy-ended': ({ reason }) => `precopy ended: ${reason.sentence}`,
  note: ({ text }) => text,
  'settings-changed': ({ before, settings }) => changeWords(before, settings),
  'pass-started': undefined,
  'pass-progress': undefined,
  consulted: undefined,
  'log-read': undefined,
  suspended: undefined,
};

/** Words for the pages of the stop-and-copy, by where the policy had ended the live passes. */
const leftOver: Readonly<Record<ConsultationPoint, string>> = {
  'dirty-count-known': ' written since that count',
  'pass-finished': ' written during the last pass',
  'between-batches': ' not sent yet or written meanwhile',
};

/** @param which says which pages these are */
function passLine(
  { kind, iteration, dirtyPages, sentPages, zeroPages, compressionLevel, octets, milliseconds }: PassReport,
  which = '',
): string {
  const pages = sentPages === dirtyPages ? `${sentPages}` : `${sentPages} of ${dirtyPages}`;
  const zeros = zeroPages === undefined ? '' : ` and ${zeroPages} of zeros`;
  const sent = `${octetsText(octets)} in ${millisecondsText(milliseconds)}, ${rateText(octets, milliseconds)}`;
  const compressed = compressionLevel === undefined ? '' : `, compressed at level ${compressionLevel}`;
  return `pass ${iteration} (${kind}): ${pages} pages${zeros}${which}, ${sent}${compressed}`;
}

export class LineView implements View {
  protected readonly lines: LossyLines;
  #endedAt: ConsultationPoint | undefined;

  constructor(log: Log) {
    this.lines = new LossyLines(
      { line: (text) => log.line(text), waiting: () => log.waiting },
      (count) => `xl: ${count} lines were left out here: nobody read them`,
    );
  }

  event(event: ViewEvent): void {
    if (
      event.kind === 'consulted' &&
      event.answer.decision === 'stop-and-copy' &&
      event.stats.iteration > 0
    ) {
      this.#endedAt = event.stats.point;
    }
    const line = this.#lineFor(event);
    if (line !== undefined) this.note(line);
  }

  note(text: string): void {
    this.lines.line(text);
  }

  #lineFor(event: ViewEvent): string | undefined {
    const isRest = event.kind === 'pass-finished' && event.pass.kind === 'stop-and-copy';
    if (!isRest || this.#endedAt === undefined || event.pass.dirtyPages === 0) return byKind(lines, event);
    return passLine(event.pass, leftOver[this.#endedAt]);
  }

  complete(report: MigrationReport, account: Account): void {
    for (const line of [verdict(report, account), ...summaryLines(report)]) this.lines.last(line);
  }

  failed(failure: TaskFailure): void {
    for (const line of failureLines(failure)) this.lines.last(line);
  }

  refused(): void {
    // Whoever runs the command prints the reason.
  }
}
