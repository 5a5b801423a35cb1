// A migration with a bar for each pass, as long as what the pass has to send.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { environment, program, receiver } from './hosts.mjs';
import { bar, bytes, isLive, style, write } from './screen.mjs';

/** @import { Host } from './hosts.mjs' */
/** @import { Event, Report } from '../bench/two-hosts.mjs' */
/** @typedef {{ event: 'progress' | 'pass-started', kind?: string, iteration: number, dirtyPages: number, pagesDone?: number }} Begun */

const PAGE = 4096;
/** Cells of a bar of all memory. */
const CELLS = 40;

/**
 * @param {Host} from
 * @param {Host} to
 * @param {string[]} options
 * @param {number} [memory] bytes of a whole bar; without it no bars are shown
 * @returns {Promise<Report>}
 */
export async function migrate(from, to, options, memory) {
  const args = ['migrate', '--json', ...options, '-s', '', 'busy', receiver(to)];
  const child = spawn(process.execPath, [program('xl'), ...args], {
    env: environment(from),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'close');
  /** @type {Event | Begun | undefined} */
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    last = /** @type {Event | Begun} */ (JSON.parse(line));
    if (memory !== undefined) show(last, memory);
  }
  const [status] = await ended;
  if (status !== 0 || last?.event !== 'complete') {
    throw new Error(`xl migrate ended with status ${status}:\n${said}`);
  }
  if (memory !== undefined) {
    write(`The guest paused for ${style('bold', `${Math.round(last.downtimeMilliseconds)} ms`)}.\n`);
  }
  return last;
}

/** The kind of the pass that is under way. */
let kind = 'precopy';

/** @param {Event | Begun} event @param {number} memory */
function show(event, memory) {
  if (event.event === 'pass-started') kind = event.kind ?? kind;
  if (event.event === 'pass') write(`${isLive ? '\r' : ''}${pass(event, 1, memory)}\n`);
  if (event.event === 'progress' && isLive) {
    write(`\r${pass({ ...event, kind }, (event.pagesDone ?? 0) / event.dirtyPages, memory)}`);
  }
}

/**
 * @param {{ kind: string, iteration?: number, dirtyPages: number, milliseconds?: number }} pass
 * @param {number} part that is sent
 * @param {number} memory
 */
function pass({ kind, iteration, dirtyPages, milliseconds }, part, memory) {
  const isStill = kind === 'stop-and-copy';
  const cells = Math.ceil((dirtyPages * PAGE * CELLS) / memory);
  const name = isStill ? 'paused' : `pass ${iteration}`;
  const size = bytes(dirtyPages * PAGE).padStart(10);
  const time = (milliseconds === undefined ? '' : `${Math.round(milliseconds)} ms`).padStart(9);
  return `${name.padEnd(10)}${size}${time}  ${bar(cells, part, isStill ? 'red' : 'cyan')}`;
}
