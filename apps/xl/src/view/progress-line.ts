/** Tells how far a migration is, in one line that is drawn anew: as much as the terminal has room for. */
import type { OperatorPass, OperatorStatus } from '@mig/operator';
import { isLive } from '@mig/hypervisor';
import { downtimeCell } from '../output/downtime-words.js';
import { millisecondsText, pageRateText } from '../output/figures.js';
import type { Terminal } from '../output/terminal.js';

export type ProgressFigures = Pick<
  OperatorStatus,
  'pass' | 'sendRate' | 'passLeftMilliseconds' | 'estimatedDowntimeMilliseconds' | 'leastDowntimeMilliseconds'
>;

/** Least and most columns of the bar itself. */
const LEAST_BAR = 8;
const MOST_BAR = 30;

/**
 * @param subject begins the line where there is room
 * @param phase stands for the pass before the first
 */
export function progressLine(
  figures: ProgressFigures,
  { plain, width }: Terminal,
  { subject = '', phase = '' } = {},
): string {
  const { pass, sendRate, passLeftMilliseconds: left } = figures;
  if (pass === undefined) return (subject + phase).slice(0, width);
  const share = shareDone(pass);
  const percent = passShare(pass);
  const head = `${subject}pass ${pass.iteration}`;
  const rate = sendRate === undefined ? [] : [pageRateText(sendRate)];
  const time = left === undefined ? [] : [`${inSeconds(left)} left`];
  const full = [percent, ...rate, ...time, ...downtimeParts(figures, 'downtime now ')].join(', ');
  const room = width - head.length - full.length - 2;
  const drawn = room < LEAST_BAR ? ',' : ` ${bar(share, Math.min(room, MOST_BAR), plain)}`;
  const briefRate = rate.map((text) => text.replace(/\.\d /, ' '));
  const downtime = downtimeParts(figures, 'down ');
  const lines = [
    `${head}${drawn} ${full}`,
    [`pass ${pass.iteration}`, percent, ...briefRate, ...time, ...downtime].join(', '),
    [percent, ...briefRate, ...time, ...downtime].join(', '),
    [percent, ...time, ...downtime].join(', '),
    [percent, ...downtime].join(', '),
  ];
  return lines.find(({ length }) => length <= width) ?? lines.at(-1)!.slice(0, width);
}

/** The part of a pass that is done, from 0 to 1. */
function shareDone({ dirtyPages, pagesDone }: OperatorPass): number {
  return dirtyPages === 0 ? 1 : Math.min(pagesDone / dirtyPages, 1);
}

/** The same in percent. */
export function passShare(pass: OperatorPass): string {
  return `${Math.floor(shareDone(pass) * 100)} %`;
}

/** The downtime of a suspend now; of a suspended domain nothing is left to estimate. */
function downtimeParts(figures: ProgressFigures, label: string): string[] {
  const { pass, estimatedDowntimeMilliseconds: most, leastDowntimeMilliseconds: least } = figures;
  if (pass !== undefined && !isLive(pass.kind)) return ['suspended'];
  return most === undefined ? [] : [label + downtimeCell(most, least, inSeconds)];
}

/** A time that is drawn anew: no fractions of seconds that nobody can read. */
function inSeconds(milliseconds: number): string {
  if (milliseconds < 1000) return millisecondsText(milliseconds);
  const seconds = milliseconds / 1000;
  return seconds < 10
    ? `${seconds.toFixed(1)} s`
    : millisecondsText(Math.round(seconds) * 1000).replace('.00', '');
}

function bar(share: number, width: number, plain: boolean): string {
  const done = Math.floor(share * (width - 2));
  const [full, empty] = plain ? ['#', '-'] : ['\u2588', '\u2591'];
  const [open, close] = plain ? ['[', ']'] : ['|', '|'];
  return `${open}${full.repeat(done)}${empty.repeat(width - 2 - done)}${close}`;
}
