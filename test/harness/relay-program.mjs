// Stands between the two ends of a migration, in place of ssh: runs a command and carries octets to and
// from it, with the plan's faults in either direction. See relay.ts.
//
// usage: relay-program.mjs PLAN COMMAND
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';

/** @import { Readable, Writable } from 'node:stream' */
/** @import { DirectionPlan, RelayPlan } from './relay.js' */

const [, , planText = '', command = ''] = process.argv;
/** @type {RelayPlan} */
const plan = JSON.parse(planText);
const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });

/** The exit status of a broken connection, as ssh's. */
const BROKEN = 255;

class Cut extends Error {}

/** @param {string} command */
async function run(command) {
  await once(spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
}

/**
 * @param {DirectionPlan} [plan]
 * @returns a stage of a pipeline
 */
function carry({ faults = [], capture } = {}) {
  return async function* (/** @type {AsyncIterable<Buffer>} */ octets) {
    const file = capture === undefined ? undefined : openSync(capture, 'w');
    const due = faults.toSorted((a, b) => a.at - b.at);
    let position = 0;
    let pace = Infinity;
    try {
      for await (const chunk of octets) {
        let start = 0;
        for (let [fault] = due; fault !== undefined && fault.at < position + chunk.length; [fault] = due) {
          due.shift();
          const here = fault.at - position;
          if (fault.act === 'corrupt') chunk[here] = (chunk[here] ?? 0) ^ 0xff;
          else if (fault.act === 'slow') pace = fault.octetsPerSecond;
          else if (fault.act === 'run') await run(fault.command);
          else {
            if (here > start) yield chunk.subarray(start, here);
            start = here;
            if (fault.act === 'cut') throw new Cut();
            // A stall lasts until this process is ended.
            await new Promise(() => {});
          }
        }
        position += chunk.length;
        if (file !== undefined) writeSync(file, chunk);
        yield chunk;
        if (pace !== Infinity) await setTimeout((chunk.length / pace) * 1000);
      }
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
}

const source = { in: new Socket({ fd: 0, writable: false }), out: new Socket({ fd: 1, readable: false }) };
const streams = [source.in, source.out, child.stdin, child.stdout];
let status = 0;

/** @param {Readable} from @param {DirectionPlan | undefined} plan @param {Writable} to */
async function direction(from, plan, to) {
  try {
    await pipeline(from, carry(plan), to);
  } catch (error) {
    // A missing end shows in the other direction as well.
    if (!(error instanceof Cut)) return;
    status = BROKEN;
    for (const stream of streams) stream.destroy();
  }
}

for (const stream of streams) stream.on('error', () => {});
/** @type {Promise<number>} */
const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code ?? BROKEN)));
void direction(source.in, plan.forward, child.stdin);
const answered = direction(child.stdout, plan.backward, source.out);
const childStatus = await ended;
await answered;
process.exit(status === 0 ? childStatus : status);
