/**
 * Guest for tooling/bench: fills its memory with incompressible data, then writes exactly the pages that it
 * is told to, and nothing else. It is told through its mailbox, a page that others write through the file
 * that is its RAM.
 */
import { endLine, memoryPages, text } from '../../../packages/hypervisor-wasm/guests/machine';

export { lineLength } from '../../../packages/hypervisor-wasm/guests/machine';

export const mig_abi: i32 = 1;

const PAGE_SHIFT = 12;
const PAGE = 4096;
/**
 * Addresses in the mailbox: number of the request, number of the last one done, pages to write, and how
 * many of them are adjacent.
 */
const REQUEST: usize = 4096;
const DONE: usize = 4100;
const COUNT: usize = 4104;
const RUN: usize = 4108;
/** The first page beyond the mailbox and static data. */
const FIRST_PAGE: u32 = 64;
/** Pages per quantum. */
const STRIDE: u32 = 512;
const SLEEP: i32 = 200;

export let filledPages: u32 = 64;
export let writtenPages: u32 = 0;
export let seed: u64 = 0x2545f4914f6cdd1d;

export function start(): void {}

function address(page: u32): usize {
  return (<usize>page) << PAGE_SHIFT;
}

function random(): u64 {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

function fill(pages: u32): void {
  for (let i: u32 = 0; i < STRIDE && filledPages < pages; i++) {
    const page = address(filledPages++);
    for (let at = 0; at < PAGE; at += 8) store<u64>(page + at, random());
  }
  if (filledPages < pages) return;
  text('filled');
  endLine();
}

/** Writes pages in runs at equal distances over all of memory. */
function write(pages: u32): void {
  const count = load<u32>(COUNT);
  const run = load<u32>(RUN);
  const distance = count === 0 ? 0 : (pages - FIRST_PAGE) / (count / run);
  for (let i: u32 = 0; i < STRIDE && writtenPages < count; i++) {
    const page = FIRST_PAGE + (writtenPages / run) * distance + (writtenPages % run);
    store<u64>(address(page), random());
    writtenPages++;
  }
  if (writtenPages < count) return;
  writtenPages = 0;
  atomic.store<u32>(DONE, load<u32>(REQUEST));
}

export function run(): i32 {
  const pages = memoryPages();
  if (filledPages < pages) fill(pages);
  else if (atomic.load<u32>(REQUEST) === load<u32>(DONE)) return SLEEP;
  else write(pages);
  return 0;
}
