/** A run as a table: a row for each domain, those that move first. */
import type { DomainState, Run, RunDomain } from '@mig/fleet';
import type { OperatorStatus } from '@mig/operator';
import { phaseText } from '../control/phase-words.js';
import { millisecondsText, octetsText, pageRateText } from '../output/figures.js';
import { othersWords } from '../output/run-counts.js';
import { textTable } from '../output/text-table.js';

export interface TableOptions {
  readonly statusOf: (uuid: string) => OperatorStatus | undefined;
  /** Downtimes in milliseconds, by UUID. */
  readonly downtimes: Readonly<Record<string, number>>;
  readonly width?: number;
  /** Most lines. */
  readonly rows?: number;
}

const HEADING = ['DOMAIN', 'MEMORY', 'STATE', 'HOST', 'DONE', 'RATE', 'DOWNTIME', ''];
const ALIGN = ['left', 'right', 'left', 'left', 'right', 'right', 'right', 'left'] as const;

const words: Readonly<Record<DomainState, string>> = {
  waiting: 'waits',
  moving: 'moves',
  asking: 'is looked for',
  moved: 'moved',
  stayed: 'stays',
  gone: 'gone',
  person: 'unknown',
};
/** States in the order of their rows: what people look for comes first. */
const ranks: readonly DomainState[] = ['person', 'gone', 'moving', 'asking', 'waiting', 'stayed', 'moved'];

export function runTable(run: Run, { statusOf, downtimes, width, rows = Infinity }: TableOptions): string[] {
  const sorted = [...run.domains].sort((a, b) => ranks.indexOf(a.state) - ranks.indexOf(b.state));
  const shown = sorted.slice(0, Math.max(rows - 3, 1));
  const table = textTable(
    [HEADING, ...shown.map((domain) => row(domain, statusOf(domain.uuid), downtimes[domain.uuid]))],
    ALIGN,
    width,
  ).map((line) => line.slice(0, width));
  const hidden = sorted.length - shown.length;
  return [...table, ...(hidden > 0 ? [`... and ${hidden} more`] : []), `${summaryWords(run)}.`];
}

function row(domain: RunDomain, status: OperatorStatus | undefined, downtime: number | undefined): string[] {
  const { name, memory, state, target = '-', why = '' } = domain;
  const isMoving = state === 'moving';
  const pass = status?.pass;
  return [
    name,
    octetsText(memory * 2 ** 20),
    isMoving && status !== undefined ? phaseText(status) : words[state],
    state === 'waiting' || state === 'stayed' ? '-' : target,
    isMoving && pass !== undefined && pass.dirtyPages > 0
      ? `${Math.floor((pass.pagesDone / pass.dirtyPages) * 100)}% of pass ${pass.iteration}`
      : '-',
    isMoving && status?.sendRate !== undefined ? pageRateText(status.sendRate) : '-',
    downtime === undefined ? '-' : millisecondsText(downtime),
    state === 'moved' || state === 'moving' ? '' : why,
  ];
}

export function summaryWords({ id, domains }: Run): string {
  const moved = domains.filter(({ state }) => state === 'moved').length;
  const others = othersWords(domains).map((words) => `, ${words}`);
  return `Run ${id}: ${moved} of ${domains.length} moved${others.join('')}`;
}
