// A 1 GiB domain of incompressible pages moved between two hosts, beside the plain copy of the same octets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeDescriptor, pipe, setNonBlocking } from '@mig/posix';
import { spread, summary } from './statistics.mjs';
import { TwoHosts } from './two-hosts.mjs';

const RUNS = 5;
const MIB = 1 << 20;
const OCTETS = 1024 * MIB;
const plainCopy = fileURLToPath(new URL('plain-copy.mjs', import.meta.url));

/** Octets per second of the plain copy of a file. */
async function limit(path) {
  const ends = pipe(MIB);
  setNonBlocking(ends.writeEnd);
  const reader = spawn(process.execPath, [plainCopy, 'read', String(OCTETS)], {
    stdio: [ends.readEnd, 'inherit', 'inherit'],
  });
  const writer = spawn(process.execPath, [plainCopy, 'write', path, String(OCTETS)], {
    stdio: ['ignore', ends.writeEnd, 'pipe'],
  });
  closeDescriptor(ends.readEnd);
  closeDescriptor(ends.writeEnd);
  let milliseconds = '';
  writer.stderr.setEncoding('utf8').on('data', (text) => (milliseconds += text));
  await Promise.all([once(reader, 'close'), once(writer, 'close')]);
  return (OCTETS / Number(milliseconds)) * 1000;
}

export async function benchFirstPass() {
  const pair = new TwoHosts();
  // Every page but a few is written once, and then left alone.
  await pair.create({ memory: OCTETS / MIB, command: `pages=${OCTETS / 4096 - 1024} rate=1` });
  const [plain, mig, whole] = [[], [], []];
  try {
    for (let run = 0; run < RUNS; run++) {
      plain.push((await limit(pair.ram())) / MIB);
      const { passes, octetsSent, totalMilliseconds } = await pair.migrate();
      mig.push(((passes[0].octets / passes[0].milliseconds) * 1000) / MIB);
      whole.push(((octetsSent / totalMilliseconds) * 1000) / MIB);
    }
  } finally {
    await pair.close();
  }
  console.log(`1 GiB through a pipe of 1 MiB, MiB/s, median (least to most) of ${RUNS} alternating runs`);
  console.log(`  the limit, a plain copy      ${spread(plain, 0)}`);
  console.log(`  first pass of xl migrate     ${spread(mig, 0)}`);
  console.log(`  the whole of xl migrate      ${spread(whole, 0)}`);
  console.log(`  first pass / limit           ${(summary(mig).median / summary(plain).median).toFixed(2)}`);
}
