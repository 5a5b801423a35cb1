// What a terminal shows of a recording: each line in all of its versions, and how far it has scrolled.
import headless from '@xterm/headless';

/** @import { Output, Size } from './record.mjs' */
/** @typedef {{ text: string, colour: number | undefined, isBold: boolean }} Run cells that look alike, side by side */
/** @typedef {{ from: number, to: number, runs: Run[] }} Version of a line, shown from and to so many seconds */
/** @typedef {{ from: number, lines: number }} Scrolled lines that are above the screen, from so many seconds on */
/** @typedef {{ lines: Version[][], scrolled: Scrolled[], seconds: number }} Screens */

/** Seconds within which what is written is one version. */
const STEP = 0.1;

/**
 * @param {readonly Output[]} recording
 * @param {Size} size
 * @returns {Promise<Screens>}
 */
export async function screens(recording, { columns, rows }) {
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  const buffer = terminal.buffer.active;
  /** @type {Version[][]} */
  const lines = [];
  /** @type {Scrolled[]} */
  const scrolled = [{ from: 0, lines: 0 }];
  for (const [i, { seconds, text }] of recording.entries()) {
    await new Promise((resolve) => terminal.write(text, () => resolve(undefined)));
    const next = recording[i + 1];
    if (next !== undefined && slot(next.seconds) === slot(seconds)) continue;
    const now = slot(seconds) * STEP;
    for (let y = 0; y < buffer.length; y++) change((lines[y] ??= []), runsOf(buffer, y), now);
    if (scrolled.at(-1)?.lines !== buffer.baseY) scrolled.push({ from: now, lines: buffer.baseY });
  }
  terminal.dispose();
  return { lines, scrolled, seconds: recording.at(-1)?.seconds ?? 0 };
}

/** @param {number} seconds */
const slot = (seconds) => Math.ceil(seconds / STEP);

/** @param {Version[]} versions @param {Run[]} runs @param {number} now */
function change(versions, runs, now) {
  const last = versions.at(-1);
  if (JSON.stringify(last?.runs ?? []) === JSON.stringify(runs)) return;
  if (last !== undefined) last.to = now;
  versions.push({ from: now, to: Infinity, runs });
}

/**
 * @param {import('@xterm/headless').IBuffer} buffer
 * @param {number} y
 * @returns {Run[]}
 */
function runsOf(buffer, y) {
  const line = buffer.getLine(y);
  /** @type {Run[]} */
  const runs = [];
  for (let x = 0; x < (line?.translateToString(true).length ?? 0); x++) {
    const cell = line?.getCell(x);
    if (cell === undefined) break;
    const colour = cell.isFgDefault() ? undefined : cell.getFgColor();
    const isBold = cell.isBold() !== 0;
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    if (last?.colour === colour && last?.isBold === isBold) last.text += text;
    else runs.push({ text, colour, isBold });
  }
  return runs;
}
