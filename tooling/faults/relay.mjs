// Stands between the two ends of a migration, in place of ssh: runs a command and carries octets to and
// from it. At each place of the plan, in order, it holds both directions, reports that, and obeys orders,
// then and later.
//
// usage: relay.mjs SOCKET PLAN COMMAND
import { spawn } from 'node:child_process';
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { readLines } from './lines.mjs';
import { Rank } from './injection-points.mjs';
import { afterwards, backwardParts, forwardParts, octetIn, Reader } from './parts.mjs';

/** @import { Readable, Writable } from 'node:stream' */
/** @import { Direction, Stop } from './injection-points.mjs' */
/** @import { Part } from './parts.mjs' */

/**
 * Orders of the campaign.
 * @typedef {{ do: 'go' | 'cut' }
 *   | { do: 'stall', direction: Direction | 'both', forEver: boolean }
 *   | { do: 'truncate' | 'deafen', direction: Direction }
 *   | Change} Order
 * @typedef {{ do: 'corrupt', mask: number } | { do: 'inject', octets: string }} Change of the octets that come next: bits that
 *   are inverted in the first, or octets that are put in before it, in hexadecimal
 */
/**
 * Messages to the campaign.
 * @typedef {{ event: 'started', pid: number, child: number | undefined }
 *   | { event: 'reached', direction: Direction }
 *   | { event: 'done' | 'source-closed' }
 *   | { event: 'target-ended', status: number | string }
 *   | { event: 'confused', message: string }} News
 */

const [, , socket = '', planText = '', command = ''] = process.argv;
/** Places still to come. Without any, it is held before the target has said anything. */
const stops = /** @type {Stop[]} */ (JSON.parse(planText));

/** The exit status of a broken connection, as ssh's. */
const BROKEN = 255;
const POLL = 25;

const control = connect(socket);
/** @param {News} message */
const tell = (message) => control.write(`${JSON.stringify(message)}\n`);
// The campaign, which gives the orders, is gone.
control.on('error', () => process.exit(BROKEN));
control.on('close', () => process.exit(BROKEN));

const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
const source = { in: new Socket({ fd: 0, writable: false }), out: new Socket({ fd: 1, readable: false }) };
for (const stream of [source.in, source.out, child.stdin, child.stdout]) stream.on('error', () => {});

/**
 * Closes a stream: Node does not close the first three descriptors by itself.
 * @param {Readable | Writable} stream
 */
function close(stream) {
  if (stream.destroyed) return;
  stream.destroy();
  /** @type {(Readable | Writable)[]} */
  const own = [source.in, source.out];
  const fd = own.indexOf(stream);
  if (fd >= 0) closeSync(fd);
}

/**
 * The next change of carried octets; done once.
 * @type {Change | undefined}
 */
let change;
let broken = false;
/** Whether it does not end by itself. */
let stubborn = false;
const parent = process.ppid;
const streamPipe = readlinkSync('/proc/self/fd/0');
const stalled = { forward: false, backward: false };
const dropped = { forward: false, backward: false };

/** @type {(() => void) | undefined} */
let open;
let gate = Promise.resolve();
/** @param {News} event */
function hold(event) {
  gate = new Promise((resolve) => {
    open = resolve;
  });
  tell(event);
}

/** @param {Order} order */
function obey(order) {
  switch (order.do) {
    case 'go':
      break;
    case 'cut':
      broken = true;
      for (const stream of [source.in, source.out, child.stdin, child.stdout]) close(stream);
      break;
    case 'stall':
      stubborn = order.forEver;
      if (order.direction !== 'backward') stalled.forward = true;
      if (order.direction !== 'forward') stalled.backward = true;
      break;
    // Ends this direction alone; later octets of its sender are lost.
    case 'truncate':
      dropped[order.direction] = true;
      if (order.direction === 'forward') child.stdin.end();
      else close(source.out);
      break;
    // Removes this direction's reader, so that its sender gets EPIPE.
    case 'deafen':
      close(order.direction === 'forward' ? source.in : child.stdout);
      break;
    case 'corrupt':
    case 'inject':
      change = order;
  }
}

readLines(control, (/** @type {Order} */ order) => {
  obey(order);
  open?.();
  tell({ event: 'done' });
});

/**
 * The octet of the part with the next stop; undefined if the stop is elsewhere.
 * @param {Part} part
 * @param {Direction} direction
 */
function stopIn(part, direction) {
  const [stop] = stops;
  return stop?.place.direction === direction ? octetIn(part, stop.place, stop.fraction) : undefined;
}

/**
 * @param {Reader} reader
 * @param {Part} part
 * @param {Direction} direction
 * @param {Writable} to
 * @returns {Promise<boolean>} whether all of it has been carried
 */
async function carry(reader, part, direction, to) {
  const { length } = part;
  for (let carried = 0; carried < length;) {
    // Once the octet has come, its sender has reached the place.
    if ((await reader.peek(1)).length === 0) return false;
    await gate;
    const at = stopIn(part, direction);
    if (at !== undefined && carried >= at) {
      stops.shift();
      hold({ event: 'reached', direction });
      continue;
    }
    const until = at ?? length;
    let octets = await reader.take(change === undefined ? until - carried : 1);
    if (stalled[direction]) await new Promise(() => {});
    carried += octets.length;
    if (change !== undefined) octets = changed(octets, change);
    change = undefined;
    if (broken) return false;
    if (dropped[direction] || to.destroyed) continue;
    if (!to.write(octets)) await drained(to);
  }
  return true;
}

/** @param {Writable} stream */
function drained(stream) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const go = () => {
        for (const event of ['drain', 'close']) stream.off(event, go);
        resolve();
      };
      for (const event of ['drain', 'close']) stream.on(event, go);
    })
  );
}

/** @param {Buffer} octets @param {Change} how */
function changed(octets, how) {
  if (how.do === 'inject') return Buffer.concat([Buffer.from(how.octets, 'hex'), octets]);
  return Buffer.from(octets.map((octet, i) => (i === 0 ? octet ^ how.mask : octet)));
}

/**
 * @param {Direction} direction
 * @param {Reader} reader
 * @param {Iterable<Part> | AsyncIterable<Part>} parts
 * @param {Writable} to
 */
async function pump(direction, reader, parts, to) {
  try {
    for await (const part of parts) {
      if (!(await carry(reader, part, direction, to))) break;
    }
    while (!broken && (await carry(reader, afterwards, direction, to)));
  } catch (error) {
    // A stream that was broken off, by either end.
    if (!(error instanceof Error && 'code' in error)) tell({ event: 'confused', message: String(error) });
  }
  if (broken || to.destroyed) return;
  to.end(() => close(to));
}

/** Tells whether the source has closed its end: while nothing is read only this shows it. */
function sourceGone() {
  try {
    const theirs = `/proc/${parent}/fd`;
    return !readdirSync(theirs).some((fd) => linkOf(`${theirs}/${fd}`) === streamPipe);
  } catch {
    return true;
  }
}

/** @param {string} path */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** @type {Promise<number>} */
const ended = new Promise((resolve) => {
  child.once('exit', (status, signal) => {
    tell({ event: 'target-ended', status: status ?? signal ?? BROKEN });
    resolve(status ?? BROKEN);
  });
});
hold({ event: 'started', pid: process.pid, child: child.pid });
if (stops.length > 0) open?.();

const fromSource = new Reader(source.in);
void pump('forward', fromSource, forwardParts(fromSource, Rank), child.stdin);
const answered = pump('backward', new Reader(child.stdout), backwardParts(Rank), source.out);

const sourceClosed = (async () => {
  while (!sourceGone()) await setTimeout(POLL);
  tell({ event: 'source-closed' });
})();

const status = await ended;
// A dead line does not tell the source that the target has ended.
if (stalled.backward || stalled.forward) await sourceClosed;
else await answered;
if (stubborn) await new Promise(() => {});
process.exit(broken ? BROKEN : status);
