// Stands between the two ends of a migration, where ssh would be: runs a command and carries octets to and from it.
// At each place of the plan, in order, it holds both directions, says so, and does what it is told, then and later.
//
// usage: relay.mjs SOCKET PLAN COMMAND
import { spawn } from 'node:child_process';
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { readLines } from './lines.mjs';
import { Rank } from './moments.mjs';
import { afterwards, backwardParts, forwardParts, octetIn, Reader } from './parts.mjs';

const [, , socket, planText, command] = process.argv;
/** Places that are still to come. Without any it is held before the target has said anything. */
const stops = /** @type {import('./moments.mjs').Stop[]} */ (JSON.parse(planText));

/** Like ssh's when the connection breaks. */
const BROKEN = 255;
const POLL = 25;

const control = connect(socket);
const tell = (message) => control.write(`${JSON.stringify(message)}\n`);
// Nobody is there any more who could say what to do.
control.on('error', () => process.exit(BROKEN));
control.on('close', () => process.exit(BROKEN));

const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
const source = { in: new Socket({ fd: 0, writable: false }), out: new Socket({ fd: 1, readable: false }) };
for (const stream of [source.in, source.out, child.stdin, child.stdout]) stream.on('error', () => {});

/** Node does not close the first three descriptors by itself. */
function close(stream) {
  if (stream.destroyed) return;
  stream.destroy();
  const fd = [source.in, source.out].indexOf(stream);
  if (fd >= 0) closeSync(fd);
}

/** Octets to carry changed, once: inverted bits of the next, or others before it. */
let change;
let broken = false;
/** It does not end by itself. */
let stubborn = false;
const parent = process.ppid;
const streamPipe = readlinkSync('/proc/self/fd/0');
const stalled = { forward: false, backward: false };
const dropped = { forward: false, backward: false };

let open;
let gate = Promise.resolve();
function hold(event) {
  gate = new Promise((resolve) => {
    open = resolve;
  });
  tell(event);
}

const actions = {
  go: () => {},
  cut() {
    broken = true;
    for (const stream of [source.in, source.out, child.stdin, child.stdout]) close(stream);
  },
  stall({ direction, forEver = false }) {
    stubborn = forEver;
    for (const each of direction === 'both' ? ['forward', 'backward'] : [direction]) stalled[each] = true;
  },
  /** The end of this direction alone; what the other end goes on saying in it is lost. */
  truncate({ direction }) {
    dropped[direction] = true;
    if (direction === 'forward') child.stdin.end();
    else close(source.out);
  },
  /** The reader of this direction is gone, and who writes to it hears so. */
  deafen({ direction }) {
    close(direction === 'forward' ? source.in : child.stdout);
  },
  corrupt(what) {
    change = what;
  },
  inject(what) {
    change = what;
  },
};

readLines(control, (message) => {
  actions[message.do](message);
  open?.();
  tell({ event: 'done' });
});

/** At which octet of the part the next stop is; undefined where it is not in it. */
function stopIn(part, direction) {
  const [stop] = stops;
  return stop?.place.direction === direction ? octetIn(part, stop.place, stop.fraction) : undefined;
}

async function carry(reader, part, direction, to) {
  const { length } = part;
  for (let carried = 0; carried < length;) {
    // Once the octet has come, its sender has come to where it wrote it.
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
    if (change !== undefined) octets = changed(octets);
    if (broken) return false;
    if (dropped[direction] || to.destroyed) continue;
    if (!to.write(octets)) await drained(to);
  }
  return true;
}

function drained(stream) {
  return new Promise((resolve) => {
    const go = () => {
      for (const event of ['drain', 'close']) stream.off(event, go);
      resolve();
    };
    for (const event of ['drain', 'close']) stream.on(event, go);
  });
}

function changed(octets) {
  const { mask, octets: more } = change;
  change = undefined;
  if (more !== undefined) return Buffer.concat([Buffer.from(more, 'hex'), octets]);
  return Buffer.from(octets.map((octet, i) => (i === 0 ? octet ^ mask : octet)));
}

async function pump(direction, reader, parts, to) {
  try {
    for await (const part of parts) {
      if (!(await carry(reader, part, direction, to))) break;
    }
    while (!broken && (await carry(reader, afterwards, direction, to)));
  } catch (error) {
    // A stream that was broken off, by whom ever.
    if (error.code === undefined) tell({ event: 'confused', message: String(error) });
  }
  if (broken || to.destroyed) return;
  to.end(() => close(to));
}

/** Whether the source has closed its end: nothing else tells while nothing is read. */
function sourceGone() {
  try {
    const theirs = `/proc/${parent}/fd`;
    return !readdirSync(theirs).some((fd) => linkOf(`${theirs}/${fd}`) === streamPipe);
  } catch {
    return true;
  }
}

function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

const ended = new Promise((resolve) => {
  child.once('exit', (status, signal) => {
    tell({ event: 'target-ended', status: status ?? signal });
    resolve(status ?? BROKEN);
  });
});
hold({ event: 'started', pid: process.pid, child: child.pid });
if (stops.length > 0) open();

const fromSource = new Reader(source.in);
void pump('forward', fromSource, forwardParts(fromSource, Rank), child.stdin);
const answered = pump('backward', new Reader(child.stdout), backwardParts(Rank), source.out);

const sourceClosed = (async () => {
  while (!sourceGone()) await setTimeout(POLL);
  tell({ event: 'source-closed' });
})();

const status = await ended;
// A line that is dead does not tell the source either that the target has ended.
if (stalled.backward || stalled.forward) await sourceClosed;
else await answered;
if (stubborn) await new Promise(() => {});
process.exit(broken ? BROKEN : status);
