// Migration of a domain of incompressible pages between two hosts, beside the plain copy of as many octets
// and QEMU's migration.
import { closeSync } from 'node:fs';
import { incompressibleFile } from './incompressible-file.mjs';
import { compiler, plainCopy } from './plain-copy.mjs';
import { migrateInQemu, qemuVersion } from './qemu.mjs';
import { memoryText, Rows, theRow } from './rows.mjs';
import { TwoHosts } from './two-hosts.mjs';
import { warmMemory } from './warm-memory.mjs';

/** @import { Table } from './parts.mjs' */
/** @import { Row } from './rows.mjs' */
/** @import { Report } from './two-hosts.mjs' */
/** @import { Workbench } from './workbench.mjs' */

const MIB = 2 ** 20;
/** @typedef {() => Promise<Record<string, number>>} Contender measures GB/s by name */

const COPY = 'plain copy';

/**
 * Memory needed in MiB: the domain at either end, and the file for the others; each contender fills as much
 * in its turn.
 * @param {number} memory
 */
const needed = (memory) => 3 * memory + 512;

/** @param {Workbench} bench */
async function measure(bench) {
  if (compiler() === undefined) bench.note('No C compiler is installed: the plain copy is our own, in Node.');
  const qemu = qemuVersion() !== undefined;
  if (!qemu) bench.note('qemu-system-x86_64 is not installed: there are no rows of QEMU.');
  const copy = await plainCopy(bench.folder);
  const rows = new Rows();
  for (const memory of bench.within('transfer', bench.sizes, needed))
    await measureSize(bench, { memory, copy, qemu, rows });
  return rows.all();
}

/**
 * @param {Workbench} bench
 * @param {object} what
 * @param {number} what.memory
 * @param {Awaited<ReturnType<typeof plainCopy>>} what.copy
 * @param {boolean} what.qemu
 * @param {Rows} what.rows
 */
async function measureSize(bench, { memory, copy, qemu, rows }) {
  const pages = memory * 256;
  const pair = new TwoHosts();
  const file = incompressibleFile(memory * MIB);
  /** @type {(channels: number) => Contender} */
  const inQemu = (channels) => async () => {
    const { octets, milliseconds } = await migrateInQemu(bench.folder, {
      file: file.path,
      mebibytes: memory,
      channels,
    });
    return {
      [`QEMU, ${channels === 0 ? 'one channel' : `${channels} channels`}`]: octets / milliseconds / 1e6,
    };
  };
  /** @type {Contender[]} */
  const contenders = [
    async () => ({ [COPY]: (memory * MIB) / 1e9 / (await copy(file.path, memory * MIB)) }),
    ...(qemu ? [inQemu(0), inQemu(2)] : []),
    async () => inMig(await pair.migrate()),
  ];
  try {
    // Nearly every page is written once, and then only verified.
    await pair.create({ memory, command: `pages=${pages - Math.ceil(pages / 512) - 64} rate=1` });
    for (let run = 1; run <= bench.runs; run++) {
      for (const contender of contenders) {
        await warmMemory(bench.folder, memory);
        for (const [name, speed] of Object.entries(await contender())) {
          rows.add({ memory, name, unit: 'GB/s' }, speed);
          bench.tell(`transfer, ${memoryText(memory)}, run ${run}: ${name} ${speed.toFixed(2)} GB/s`);
        }
      }
    }
    await pair.checkHealth();
  } finally {
    closeSync(file.fd);
    pair.close();
  }
}

/** @param {Report} report */
function inMig({ passes: [first], octetsSent, totalMilliseconds }) {
  return {
    'mig, whole': octetsSent / totalMilliseconds / 1e6,
    ...(first && { 'mig, first pass': first.octets / first.milliseconds / 1e6 }),
  };
}

/**
 * @param {readonly Row[]} rows
 * @returns {Table}
 */
function table(rows) {
  return {
    heading: ['memory', 'what', 'GB/s: median', 'least', 'most', 'of the plain copy'],
    align: ['left', 'left', 'right', 'right', 'right', 'right'],
    rows: rows.map(({ memory, name, median, least, most }) => {
      const copy = theRow(rows, (other) => other.memory === memory && other.name === COPY);
      const speeds = [median, least, most].map((speed) => speed.toFixed(2));
      return [memoryText(memory), name, ...speeds, (median / copy.median).toFixed(2)];
    }),
  };
}

export const transfer = {
  name: 'transfer',
  about: "a whole migration and its first pass, beside a plain copy and QEMU's migration",
  measure,
  table,
};
