// Cost of a save and a restore by mig itself on Xen: the loop over a domain of which most pfns are holes,
// as with PVH guests, on a fake hypervisor that answers at once, and the number of its calls. Each run
// compiles anew, as each helper does. Under `qemu-x86_64 $(which node)` it shows the cost in an emulated
// dom0; two runs under `strace -f -c`, of a domain and of one twice as large, show the system calls per
// batch.
//
// usage: node tooling/bench/xen-loop.mjs [RUNS, 5 unless given] [MIB, of a domain without holes]
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { createMemoryFile, Input, Mapping, Output } from '@mig/posix';
import { IncomingXenMemory, XenMemory } from '@mig/hypervisor-xen/memory';
import { restoreImage } from '@mig/receiver';
import { saveImage, simplePolicy } from '@mig/sender';

/** @import { XenControl } from '@mig/hypervisor-xen/memory' */

/** @typedef {ReturnType<XenControl['allocateBitmap']>} Bitmap */

const PAGE = 4096;
const mebibytes = process.argv[3];
const PRESENT = mebibytes === undefined ? 24_576 : (Number(mebibytes) * 2 ** 20) / PAGE;
const PFNS = mebibytes === undefined ? 1_044_480 : PRESENT;
const BATCH = 1024;
const XTAB = 0xf0000000;

/** Channels of a domain that has no records of them. */
const channels = { store: { evtchn: 0, domid: 0 }, console: { evtchn: 0, domid: 0 } };
/** Facts of a domain that nobody asks for here. */
const facts = { dying: false, crashed: false, paused: false, cpuNanoseconds: 0, uuid: '' };

if (isMainThread) {
  const runs = Number(process.argv[2] ?? 5);
  const url = new URL(import.meta.url);
  for (let run = 0; run < runs; run++) await once(new Worker(url, { argv: process.argv.slice(2) }), 'exit');
} else {
  measure();
}

function measure() {
  const pages = Mapping.ofMemory('pages', BATCH * PAGE);
  /** @type {Record<string, number>} */
  const calls = {};
  const control = counting(calls, {
    startLogDirty: () => false,
    describe: () => ({ ...facts, hvm: true, suspended: true, pages: PRESENT, vcpus: 1 }),
    pfnCount: () => PFNS,
    cpuPolicy: () => ({ leaves: [], msrs: [] }),
    tscInfo: () => ({ mode: 0, khz: 0, nanoseconds: 0n, incarnation: 0 }),
    hvmContext: () => new Uint8Array(1024),
    hvmParam: () => 0n,
    // A bitmap in which nothing is dirty.
    allocateBitmap: () => /** @type {Bitmap} */ (/** @type {unknown} */ ({ addTo: () => undefined })),
    freeBitmap: () => undefined,
    enableLogDirty: () => undefined,
    disableLogDirty: () => undefined,
    cleanLogDirty: () => 0,
    readPageTypes: (_domid, words, count) => {
      for (let i = 0; i < count; i++) {
        const word = words[i * 2] ?? 0;
        if (word >= PRESENT) words[i * 2] = (word | XTAB) >>> 0;
      }
    },
    map: (_domid, _frames, _count, _mode, errors) => (errors.fill(0), pages.address),
    unmap: () => undefined,
    populate: () => undefined,
    populateSuperpages: (_domid, _frames, count) => count,
    setTscInfo: () => undefined,
    setHvmContext: () => undefined,
    setHvmParam: () => undefined,
  });
  const callbacks = { suspend: () => undefined, switchDeviceModelLog: () => undefined };

  const version = /** @type {const} */ ({ major: 4, minor: 20, lapic: 32 });
  const stream = createMemoryFile('stream', 0);
  const memory = new XenMemory(control, 1, callbacks, version);
  const output = new Output(stream, { subject: 'the stream' });
  const save = timed(() => saveImage(memory, output, { policy: simplePolicy(1, 50) }));
  console.log(`save ${save} ms; ${memory.phases}; calls: ${taken(calls)}`);

  const incoming = new IncomingXenMemory(control, 1, channels, { staticDataDone: () => undefined }, version);
  const input = new Input(openSync(`/proc/self/fd/${stream}`, 'r'), { subject: 'the stream' });
  const restore = timed(() => restoreImage(incoming, input));
  console.log(`restore ${restore} ms; ${incoming.phases}; calls: ${taken(calls)}`);
}

/**
 * @param {() => void} work
 * @returns milliseconds of processor time, as text
 */
function timed(work) {
  const began = process.cpuUsage().user;
  work();
  return ((process.cpuUsage().user - began) / 1000).toFixed(1);
}

/**
 * @param {Record<string, number>} calls
 * @param {Partial<XenControl>} control
 * @returns the control, with its calls counted by name; missing ones are not called here
 */
function counting(calls, control) {
  const all = /** @type {[string, (...parameters: unknown[]) => unknown][]} */ (Object.entries(control));
  const counted = all.map(([name, call]) => {
    /** @param {unknown[]} parameters */
    const count = (...parameters) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return call(...parameters);
    };
    return [name, count];
  });
  return /** @type {XenControl} */ (Object.fromEntries(counted));
}

/**
 * @param {Record<string, number>} calls
 * @returns the memory calls, as text; the counts are reset
 */
function taken(calls) {
  const of = ['describe', 'readPageTypes', 'populateSuperpages', 'populate', 'map', 'unmap'];
  const text = of.flatMap((name) => (name in calls ? [`${name} ${calls[name]}`] : [])).join(', ');
  for (const name of Object.keys(calls)) delete calls[name];
  return text;
}
