/**
 * The pages that a guest works on. The expected version of each stands in a table in other pages, so that a
 * lost page disagrees with the table.
 */
import { crash, decimal, endLine, memoryPages, text } from './machine';
import { inspect, inspectCleared, seal, SOUND, TORN, versionIn } from './sealed-page';
import { countError, countVerified, countWritten } from './ticker';

const PAGE: usize = 4096;
/** Address of the guest's own data: see the build. */
const OWN_DATA: usize = 65536;
/** Bit of a version in the table: the page was cleared, and has zeros alone. */
const CLEARED: u32 = 0x80000000;
/** Number of errors printed; all are counted. */
const SAID_ERRORS: u32 = 100;

export let pages: u32 = 0;
export let table: usize = 0;
export let firstPage: usize = 0;
export let saidErrors: u32 = 0;

/** Address of the first page past the guest's own static data. */
function start(): usize {
  return (__heap_base + PAGE - 1) & ~(PAGE - 1);
}

/** The most pages that fit into memory together with their table. */
export function roomForPages(): u32 {
  const free = memoryPages() - <u32>(start() / PAGE);
  // n pages and ceil(n / 1024) pages for their table.
  const set = <u32>((<u64>free * 1024) / 1025);
  return set + (set + 1023) / 1024 > free ? set - 1 : set;
}

export function layOut(count: u32): void {
  if (count === 0 || count > roomForPages()) {
    text('pages=');
    decimal(count);
    text(' does not fit: this memory has room for 1 to ');
    decimal(roomForPages());
    crash();
  }
  pages = count;
  table = start();
  firstPage = table + ((<usize>count * 4 + PAGE - 1) & ~(PAGE - 1));
}

function expected(index: u32): usize {
  return table + ((<usize>index) << 2);
}

/** Gives every page outside the set content, too, so that none has zeros alone. */
export function fillRest(): void {
  const past = <usize>memoryPages() * PAGE;
  // Between the boot page and the guest's own data.
  for (let page = PAGE; page < OWN_DATA; page += PAGE) store<u64>(page, page);
  for (let page = firstPage + <usize>pages * PAGE; page < past; page += PAGE) store<u64>(page, page);
}

function restore(index: u32, version: u32): void {
  const page = firstPage + <usize>index * PAGE;
  if (version & CLEARED) memory.fill(page, 0, PAGE);
  else seal(page, index, version);
}

function change(index: u32, state: u32): void {
  const version = ((load<u32>(expected(index)) & ~CLEARED) + 1) | state;
  store<u32>(expected(index), version);
  restore(index, version);
  countWritten();
}

export function rewrite(index: u32): void {
  change(index, 0);
}

/** Rewrites a page with zeros alone. */
export function clear(index: u32): void {
  change(index, CLEARED);
}

export function verify(index: u32): void {
  const version = load<u32>(expected(index));
  const page = firstPage + <usize>index * PAGE;
  const found = version & CLEARED ? inspectCleared(page) : inspect(page, index, version);
  countVerified();
  if (found === SOUND) return;
  countError();
  if (saidErrors++ < SAID_ERRORS) complain(index, version, page, found);
  // Each damage counts once.
  restore(index, version);
}

function complain(index: u32, version: u32, page: usize, found: i32): void {
  text('error: page ');
  decimal(index);
  text(' (pfn ');
  decimal(page / PAGE);
  text(found === TORN ? ') is torn: version ' : ') is stale: version ');
  decimal(versionIn(page));
  text(' where ');
  decimal(version & ~CLEARED);
  text(version & CLEARED ? ' is expected, of zeros' : ' is expected');
  endLine();
}
