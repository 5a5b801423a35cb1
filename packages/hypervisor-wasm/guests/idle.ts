/** Guest that prints ticks, and at each tick rewrites one of a few pages and verifies them all. */
import { nextWord, refuseWord } from './command-line';
import { endLine, text } from './machine';
import { now } from './mig';
import { layOut, rewrite, verify } from './page-set';
import { tick, ticks, untilTick } from './ticker';

export { lineLength } from './machine';
export { wordEnd, wordStart } from './command-line';
export { firstPage, pages, saidErrors, table } from './page-set';
export { errors, nextTick, ticks, verified, written } from './ticker';

export const mig_abi: i32 = 1;

const PAGES: u32 = 8;

export function start(): void {
  if (nextWord()) refuseWord();
  layOut(PAGES);
  for (let i: u32 = 0; i < PAGES; i++) rewrite(i);
  text('idle');
  endLine();
}

export function run(): i32 {
  const before = ticks;
  tick(now());
  if (ticks !== before) {
    for (let i: u32 = 0; i < PAGES; i++) verify(i);
    rewrite(<u32>(ticks % PAGES));
  }
  return <i32>(max(0, untilTick()) * 1000);
}
