/** A status for people: a paragraph, or a line each time that it changes. */
import type { MigrationEnd, MigrationRecord, OperatorStatus } from '@mig/operator';
import { millisecondsText, octetsText, pageRateText } from '../output/figures.js';
import { bandwidthWords, goalWords, limitWords } from './settings-words.js';
import { downtimeCell, downtimeWords } from '../output/downtime-words.js';
import { passShare } from '../view/progress-line.js';
import { phaseText } from './phase-words.js';

export function statusParagraph(status: OperatorStatus): string[] {
  const { domain, domid, target, pid, dirtyPages, dirtyRate, sendRate, course, ownPolicy, precopyEnd } =
    status;
  const rows: [string, string | undefined][] = [
    ['phase', phaseText(status)],
    ['live passes', `${status.iteration} done`],
    ['pass', passWords(status)],
    ['dirty', dirtyPages === undefined ? 'not known yet' : `${dirtyPages} pages when the log was last read`],
    ['written', dirtyRate === undefined ? undefined : `at least ${Math.round(dirtyRate)} pages/s`],
    ['sent', octetsText(status.octetsSent)],
    [
      'rate',
      sendRate === undefined ? undefined : `${Math.round(sendRate)} pages/s, ${pageRateText(sendRate)}`,
    ],
    ['elapsed', millisecondsText(status.elapsedMilliseconds)],
    ['downtime', downtimeWords(status) ?? 'not known yet'],
    ['goals', goalWords(course)],
    ['limits', limitWords(course)],
    ['bandwidth', bandwidthWords(course)],
    ['own policy', ownPolicy],
    ['precopy ends', precopyEnd?.sentence],
  ];
  return [
    `${domain} (domid ${domid}) to ${target}, by process ${pid}`,
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(14)}${value}`])),
  ];
}

export function statusSentence(status: OperatorStatus): string {
  const { domain, pass, dirtyPages, sendRate, estimatedDowntimeMilliseconds: most } = status;
  return [
    `${domain}: ${phaseText(status)}`,
    pass !== undefined && `pass ${pass.iteration} ${passShare(pass)}`,
    dirtyPages !== undefined && `${dirtyPages} pages dirty`,
    sendRate !== undefined && pageRateText(sendRate),
    most !== undefined && `downtime ${downtimeCell(most, status.leastDowntimeMilliseconds)}`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

export function endSentences(
  { domain }: MigrationRecord,
  { outcome, message, advice }: MigrationEnd,
): string[] {
  return [
    outcome === 'moved' ? `${domain} was migrated.` : `${domain} was not migrated: ${message}.`,
    ...advice,
  ];
}

function passWords({ pass, passLeftMilliseconds: left }: OperatorStatus): string {
  if (pass === undefined) return 'none yet';
  const { iteration, kind, pagesDone, dirtyPages } = pass;
  const time = left === undefined ? '' : `, about ${millisecondsText(left)} left`;
  return `${iteration} (${kind}), ${pagesDone} of ${dirtyPages} pages${time}`;
}
