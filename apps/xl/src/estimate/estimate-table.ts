/** The table of an estimate: a line for each policy. */
import { millisecondsText, octetsText } from '../output/figures.js';
import { textTable } from '../output/text-table.js';
import type { Row } from './recommendation.js';

const HEADING = ['policy', 'passes', 'sent', 'total time', 'downtime', 'ends by'];
const ALIGN = ['left', 'right', 'right', 'right', 'right', 'left'] as const;

export function estimateTable(rows: readonly Row[]): string[] {
  return textTable([HEADING, ...rows.map(rowText)], ALIGN);
}

function rowText({ policy, prediction }: Row): string[] {
  const { iterations, octets, totalMilliseconds, downtimeMilliseconds } = prediction;
  return [
    policy,
    String(iterations),
    octetsText(octets),
    millisecondsText(totalMilliseconds),
    downtimeMilliseconds === undefined ? '-' : millisecondsText(downtimeMilliseconds),
    endingText(prediction),
  ];
}

/** The codes of our own policies in words. */
const endings: Readonly<Record<string, string>> = {
  threshold: 'goal: few pages dirty',
  'max-downtime': 'goal: downtime',
  iterations: 'limit: passes',
  timeout: 'limit: time',
  stall: 'stall: passes gain nothing',
  busy: 'stays here: busy',
  'out-of-reach': 'stays here: goal out of reach',
};

function endingText({ end: { code, sentence }, decision }: Row['prediction']): string {
  const known = endings[code];
  if (known !== undefined && (decision === 'abort') === known.startsWith('stays')) return known;
  // Figures in sentences are for --json.
  const words = known ?? `${code}: ${sentence.split(/[;:(]/, 1)[0]!.trim()}`;
  return decision === 'abort' ? `stays here: ${words}` : words;
}
