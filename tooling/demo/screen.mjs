// How the demo looks: in colour and in place on a terminal, a line at a time elsewhere.
import { styleText } from 'node:util';
import { canRedraw, isPlain } from '@mig/xl/terminal';

/** Whether a line on the screen can be written again. */
export const isLive = canRedraw(1);
const isColoured = isLive && !isPlain();
const [FULL, EMPTY] = isColoured ? ['█', '░'] : ['#', '.'];

/** @param {string} text */
export const write = (text) => process.stdout.write(text);

/** @param {'bold' | 'red' | 'green' | 'cyan'} how @param {string} text */
export const style = (how, text) => (isColoured ? styleText(how, text) : text);

/**
 * A bar that fills up.
 * @param {number} width cells when it is full
 * @param {number} part of them that are done
 * @param {'red' | 'green' | 'cyan'} colour
 */
export function bar(width, part, colour) {
  const done = Math.round(width * part);
  return style(colour, FULL.repeat(done)) + EMPTY.repeat(width - done);
}

/** @param {number} number */
export const bytes = (number) => `${(number / 2 ** 20).toFixed(1)} MiB`;

/** @param {number} number */
export const count = (number) => number.toLocaleString('en');

/** @param {number} milliseconds */
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
