/** `xl migrate-status`: lists this host's migrations, one a line. */
import type { MigrationRecord, OperatorStatus } from '@mig/operator';
import { millisecondsText } from '../output/figures.js';
import { downtimeCell } from '../output/downtime-words.js';
import { phaseWords } from './phase-words.js';
import { pageRateText, passShare } from './status-figures.js';

const HEADING = [
  'Name',
  'ID',
  'To',
  'Phase',
  'Passes',
  'Pass',
  'Dirty',
  'Sent/s',
  'Downtime',
  'Elapsed',
] as const;
const widths = [24, 5, 16, 19, 6, 5, 9, 12, 9, 8];
/** Whether a column holds words, which are aligned left; figures are aligned right. */
const isWord = [true, false, true, true, false, false, false, false, false, false];

export function statusTable(
  answers: readonly (OperatorStatus | { readonly record: MigrationRecord })[],
): string[] {
  return [
    line(HEADING),
    ...answers.map((answer) => line('record' in answer ? silentRow(answer.record) : row(answer))),
  ];
}

function row(status: OperatorStatus): string[] {
  const { domain, domid, target, phase, iteration, dirtyPages, sendRate } = status;
  const { elapsedMilliseconds, estimatedDowntimeMilliseconds: most } = status;
  return [
    domain,
    String(domid),
    target,
    phaseWords[phase],
    String(iteration),
    passShare(status),
    dirtyPages === undefined ? '-' : String(dirtyPages),
    sendRate === undefined ? '-' : pageRateText(sendRate),
    most === undefined ? '-' : downtimeCell(most, status.leastDowntimeMilliseconds),
    millisecondsText(elapsedMilliseconds),
  ];
}

function silentRow({ domain, domid, target }: MigrationRecord): string[] {
  return [domain, String(domid), target, 'no answer', '-', '-', '-', '-', '-', '-'];
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (isWord[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join(' ')
    .trimEnd();
}
