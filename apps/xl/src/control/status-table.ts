/** `xl migrate-status`: lists this host's migrations, one a line. */
import type { MigrationRecord, OperatorStatus } from '@mig/operator';
import { millisecondsText, pageRateText } from '../output/figures.js';
import { downtimeCell } from '../output/downtime-words.js';
import { textTable } from '../output/text-table.js';
import { passShare } from '../view/progress-line.js';
import { phaseText } from './phase-words.js';

const HEADING = ['Name', 'ID', 'To', 'Phase', 'Pass', 'Done', 'Dirty', 'Rate', 'Downtime', 'Elapsed'];
const ALIGN = HEADING.map((name) => (['Name', 'To', 'Phase'].includes(name) ? 'left' : 'right'));
/** The columns that a narrow terminal can do without, the first of them first. */
const DISPENSABLE = ['Elapsed', 'Dirty', 'Pass', 'ID', 'Rate', 'To', 'Phase'];

/** @param width columns that the table may have: where it would be wider names are cut, and columns left out */
export function statusTable(
  answers: readonly (OperatorStatus | { readonly record: MigrationRecord })[],
  width = Infinity,
): string[] {
  const rows = answers.map((answer) => ('record' in answer ? silentRow(answer.record) : row(answer)));
  const without = (count: number) => {
    const left = HEADING.map((name) => !DISPENSABLE.slice(0, count).includes(name));
    const kept = <T>(cells: readonly T[]) => cells.filter((_, column) => left[column]);
    return textTable([HEADING, ...rows].map(kept), kept(ALIGN), width);
  };
  let table = without(0);
  for (let count = 1; count <= DISPENSABLE.length && isWider(table, width); count++) table = without(count);
  return table;
}

function isWider(lines: readonly string[], width: number): boolean {
  return lines.some(({ length }) => length > width);
}

function row(status: OperatorStatus): string[] {
  const { domain, domid, target, pass, dirtyPages, sendRate } = status;
  const { elapsedMilliseconds, estimatedDowntimeMilliseconds: most } = status;
  return [
    domain,
    String(domid),
    target,
    phaseText(status),
    pass === undefined ? '-' : String(pass.iteration),
    pass === undefined ? '-' : passShare(pass),
    dirtyPages === undefined ? '-' : String(dirtyPages),
    sendRate === undefined ? '-' : pageRateText(sendRate),
    most === undefined ? '-' : downtimeCell(most, status.leastDowntimeMilliseconds),
    millisecondsText(elapsedMilliseconds),
  ];
}

function silentRow({ domain, domid, target }: MigrationRecord): string[] {
  return [domain, String(domid), target, 'no answer', '-', '-', '-', '-', '-', '-'];
}
