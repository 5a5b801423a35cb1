/**
 * Guest with a working set: `pages` pages of which it rewrites `rate` a second, in order or at random, some with
 * zeros alone, each verified before; always or in phases. It also verifies the whole set in order once every two seconds (at
 * most 50,000 pages a second).
 */
import { nextWord, refuseWord, wordBegins, wordIs, wordNumber } from './command-line';
import { decimal, endLine, text } from './machine';
import { now } from './mig';
import { clear, fillRest, layOut, pages, rewrite, roomForPages, verify } from './page-set';
import { changePhase, quiet, sayPhases, setBusy, setQuiet } from './phases';
import { errors, tick, untilTick } from './ticker';

export { lineLength } from './machine';
export { wordEnd, wordStart } from './command-line';
export { firstPage, pages, saidErrors, table } from './page-set';
export { busyTime, phaseLeft, quiet, quietTime } from './phases';
export { errors, nextTick, ticks, verified, written } from './ticker';

export const mig_abi: i32 = 1;

const QUANTUM: f64 = 1;
const LONGEST_SLEEP: f64 = 1;
/**
 * Time in which the whole set is verified once, in milliseconds, and the most pages per millisecond for
 * that.
 */
const SWEEP: f64 = 2000;
const SCRUB: f64 = 50;
/** Pages between two looks at the clock. */
const STRIDE = 16;
/** Most work that is made up for after a pause, in milliseconds; the rest is dropped. */
const BACKLOG: f64 = 50;

export let rate: u32 = 1000;
/** Number of rewrites of which one clears its page; 0: none does. */
export let clearOneIn: u32 = 0;
export let rewritesLeft: u32 = 0;
export let random: bool = false;
export let filled: u32 = 0;
export let nextPage: u32 = 0;
export let seed: u64 = 0x2545f4914f6cdd1d;
export let scrubPage: u32 = 0;
export let sweeps: u32 = 0;
/** Number of due writes, with a fraction. */
export let dueWrites: f64 = 0;
export let dueScrubs: f64 = 0;
export let lastTime: f64 = 0;

export function start(): void {
  const room = roomForPages();
  let count: u32 = room < 2000 ? room : 2000;
  let full = false;
  while (nextWord()) {
    if (wordBegins('pages=')) count = wordNumber(6);
    else if (wordBegins('rate=')) rate = wordNumber(5);
    else if (wordIs('pattern=sequential')) random = false;
    else if (wordIs('pattern=random')) random = true;
    else if (wordBegins('clear=')) clearOneIn = wordNumber(6);
    else if (wordIs('memory=full')) full = true;
    else if (wordIs('memory=sparse')) full = false;
    else if (wordBegins('busy=')) setBusy(wordNumber(5));
    else if (wordBegins('quiet=')) setQuiet(wordNumber(6));
    else refuseWord();
  }
  layOut(count);
  if (full) fillRest();
  text('wss pages=');
  decimal(pages);
  text(' rate=');
  decimal(rate);
  text(random ? ' pattern=random' : ' pattern=sequential');
  if (clearOneIn > 0) {
    text(' clear=');
    decimal(clearOneIn);
  }
  sayPhases();
  endLine();
}

function pick(): u32 {
  if (random) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return <u32>((seed >> 32) % pages);
  }
  const page = nextPage;
  nextPage = page + 1 === pages ? 0 : page + 1;
  return page;
}

function isToClear(): bool {
  if (clearOneIn === 0 || rewritesLeft-- > 0) return false;
  rewritesLeft = clearOneIn - 1;
  return true;
}

function scrub(): void {
  verify(scrubPage);
  if (++scrubPage < pages) return;
  scrubPage = 0;
  sweeps++;
  text('sweep ');
  decimal(sweeps);
  text(' pages=');
  decimal(pages);
  text(' errors=');
  decimal(errors);
  endLine();
}

function fill(): void {
  for (let i = 0; i < STRIDE && filled < pages; i++) rewrite(filled++);
  if (filled < pages) return;
  text('filled ');
  decimal(filled);
  text(' pages');
  endLine();
}

function accrue(time: f64): void {
  let passed = time - lastTime;
  lastTime = time;
  if (passed < 0) passed = 0;
  if (passed > BACKLOG) passed = BACKLOG;
  changePhase(passed);
  if (!quiet) dueWrites = min(dueWrites + (passed * rate) / 1000, (BACKLOG * rate) / 1000 + 1);
  const scrubRate = min(pages / SWEEP, SCRUB);
  dueScrubs = min(dueScrubs + passed * scrubRate, BACKLOG * scrubRate + 1);
}

/** @returns whether there was work to do */
function work(): bool {
  let done = false;
  for (let i = 0; i < STRIDE && !quiet && (rate === 0 || dueWrites >= 1); i++) {
    const page = pick();
    verify(page);
    if (isToClear()) clear(page);
    else rewrite(page);
    dueWrites -= 1;
    done = true;
  }
  if (rate === 0) dueWrites = 0;
  for (let i = 0; i < STRIDE && dueScrubs >= 1; i++) {
    scrub();
    dueScrubs -= 1;
    done = true;
  }
  return done;
}

export function run(): i32 {
  const began = now();
  let time = began;
  while (time >= began && time - began < QUANTUM) {
    tick(time);
    if (filled < pages) {
      fill();
      lastTime = time;
    } else {
      accrue(time);
      if (!work()) return <i32>(min(LONGEST_SLEEP, max(0, untilTick())) * 1000);
    }
    time = now();
  }
  return 0;
}
