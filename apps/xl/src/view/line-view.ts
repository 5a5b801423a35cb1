import { byKind, type EventTable, type SendEvent } from '@mig/hypervisor';
import type { SourceState } from '@mig/protocol/handshake';
import type { MigrationReport } from '@mig/sender';
import type { Log } from '../output/log.js';
import { LossyLines } from '../output/lossy-lines.js';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';
import { summaryLines } from './summary.js';
import type { Failure } from '../worker/task.js';
import type { View } from './view.js';

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
const lines: EventTable<SendEvent, string | undefined> = {
  'source-state': ({ state }) => stockMessages[state],
  'pass-finished': ({ pass: { kind, iteration, dirtyPages, sentPages, octets, milliseconds } }) =>
    `pass ${iteration} (${kind}): ${dirtyPages} pages dirty, ${sentPages} sent, ${octetsText(octets)} in ` +
    `${millisecondsText(milliseconds)}, ${rateText(octets, milliseconds)}`,
  'precopy-ended': ({ reason }) => `precopy ended: ${reason.sentence}`,
  note: ({ text }) => text,
  'pass-started': undefined,
  'pass-progress': undefined,
  consulted: undefined,
  'log-read': undefined,
  suspended: undefined,
};

export class LineView implements View {
  protected readonly lines: LossyLines;

  constructor(log: Log) {
    this.lines = new LossyLines(
      { line: (text) => log.line(text), waiting: () => log.waiting },
      (count) => `xl: ${count} lines were left out here: nobody read them`,
    );
  }

  event(event: SendEvent): void {
    const line = byKind(lines, event);
    if (line !== undefined) this.note(line);
  }

  note(text: string): void {
    this.lines.line(text);
  }

  complete(report: MigrationReport): void {
    for (const line of ['Migration successful.', ...summaryLines(report)]) this.lines.last(line);
  }

  failed({ message, advice }: Failure): void {
    for (const line of [`Migration failed: ${message}.`, ...advice]) this.lines.last(line);
  }
}
