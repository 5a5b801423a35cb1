// What a later pass costs at several amounts of dirty pages: reading and clearing the log, finding the pages in
// the bitmap, sending them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  addressOf,
  closeDescriptor,
  createMemoryFile,
  Iovec,
  mapOver,
  Output,
  pipe,
  setNonBlocking,
  WriteLog,
  WriteLogReader,
} from '@mig/posix';
import { saveImage } from '@mig/sender';
import { spread } from './statistics.mjs';

const PAGE = 4096;
const PAGES = 262_144;
const RUNS = 7;
const PERCENTAGES = [0, 1, 10, 100];
const drain = fileURLToPath(new URL('drain.mjs', import.meta.url));

/** A gigabyte of this process's memory under the kernel's write log, in place of a domain's. */
class LoggedMemory {
  domainHeader = { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 };
  pageCount = PAGES;
  cleanMilliseconds = [];
  /** Pages to write before the log is next read. */
  nextDirty = [];
  #memory = new WebAssembly.Memory({ initial: PAGES / 16, maximum: PAGES / 16, shared: true });
  #octets = new Uint8Array(this.#memory.buffer);
  #address = addressOf(this.#octets);
  #iovec = new Iovec(1024);
  #log;
  #reader;

  constructor() {
    const file = createMemoryFile('bench', PAGES * PAGE);
    mapOver(this.#address, PAGES * PAGE, file);
    closeDescriptor(file);
    for (let page = 0; page < PAGES; page++) this.#octets[page * PAGE] = page;
  }

  staticData = () => [];
  context = () => [];
  suspend() {}

  enableLogDirty() {
    this.#log = new WriteLog(this.#address, PAGES * PAGE);
    this.#reader = new WriteLogReader('self', this.#address, PAGES * PAGE);
    this.#reader.readAndClear(new Uint32Array(PAGES / 32));
  }

  cleanLogDirty(bitmap) {
    const step = Math.floor(100 / (this.nextDirty.shift() ?? 0));
    for (let page = 0; page < PAGES && step < Infinity; page += step) this.#octets[page * PAGE]++;
    const began = performance.now();
    const count = this.#reader.readAndClear(bitmap);
    this.cleanMilliseconds.push(performance.now() - began);
    return count;
  }

  disableLogDirty() {
    this.#reader.close();
    this.#log.close();
  }

  pageTypes(_pfns, count, types) {
    types.fill(0, 0, count);
  }

  writePages(output, pfns, count) {
    this.#iovec.clear();
    for (let i = 0; i < count; i++) this.#iovec.push(this.#address + pfns[i] * PAGE, PAGE);
    output.writev(this.#iovec);
  }
}

export async function benchLaterPass() {
  const { readEnd, writeEnd } = pipe(1 << 20);
  setNonBlocking(writeEnd);
  const reader = spawn(process.execPath, [drain], { stdio: [readEnd, 'inherit', 'inherit'] });
  closeDescriptor(readEnd);
  const output = new Output(writeEnd, { subject: 'the pipe' });
  const memory = new LoggedMemory();
  const order = Array.from({ length: RUNS }, () => PERCENTAGES).flat();
  memory.nextDirty = [...order];
  const policy = ({ iteration }) =>
    iteration > order.length
      ? { decision: 'stop-and-copy', reason: { code: 'bench', sentence: 'all measured' } }
      : { decision: 'continue-precopy' };
  const { passes } = saveImage(memory, output, { live: true, debug: false, policy });
  output.close();
  await once(reader, 'close');

  console.log(`a later pass over 1 GiB, ms, median (least to most) of ${RUNS} alternating runs`);
  console.log('  dirty     pages  read and clear the log   find and send');
  for (const percentage of PERCENTAGES) {
    const runs = order.flatMap((each, i) => (each === percentage ? [i] : []));
    const clean = spread(runs.map((i) => memory.cleanMilliseconds[i]));
    const send = spread(runs.map((i) => passes[i + 1].milliseconds));
    const pages = passes[runs[0] + 1].sentPages;
    console.log(
      `  ${`${percentage} %`.padStart(5)} ${String(pages).padStart(9)}  ${clean.padEnd(24)} ${send}`,
    );
  }
}
