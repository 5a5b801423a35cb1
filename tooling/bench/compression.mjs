// Measures what compression is worth: migrations of memory that is much alike, random, and half zeros, over
// lines of several rates, without, with two levels, and with auto. Prints a table.
//
// usage: node tooling/bench/compression.mjs [RUNS, 5 unless given] [MiB, 512 unless given] [Mbit/s,... 100,1000,10000,0 unless given]
//
// The rate is that of `--bandwidth --bandwidth-always`; 0 is the pipe as it is. The contenders take turns.
import { summary } from './statistics.mjs';
import { TwoHosts } from './two-hosts.mjs';

const runs = Number(process.argv[2] ?? 5);
const memory = Number(process.argv[3] ?? 512);
const rates = (process.argv[4] ?? '100,1000,10000,0').split(',').map(Number);
const whole = (/** @type {number} */ number) => Number.isInteger(number);
if (!(whole(runs) && runs > 0 && whole(memory) && memory > 0 && rates.every((rate) => rate >= 0))) {
  console.error('usage: node tooling/bench/compression.mjs [RUNS] [MiB] [Mbit/s,...]');
  process.exit(2);
}

const MIB = 2 ** 20;
const PAGES = memory * 256;
/** Guests that write hardly anything once they are filled: the pages that they never write are of the kind named. */
const guests = [
  { name: 'much alike', command: 'pages=1000 rate=1 memory=full' },
  { name: 'random', command: `pages=${Math.round(PAGES * 0.95)} rate=1 memory=sparse` },
  { name: 'half zeros', command: `pages=${Math.round(PAGES / 2)} rate=1 memory=sparse` },
];
const contenders = ['off', '1', '3', 'auto'];

console.log(
  '| memory | line | --compress | total, ms: median | least | most | MiB sent | MiB saved | level |',
);
console.log('| --- | --- | --- | --: | --: | --: | --: | --: | --: |');
for (const { name, command } of guests) {
  const pair = new TwoHosts();
  try {
    await pair.create({ memory, command });
    // The process of a created domain differs from that of an arrived one.
    await pair.migrate();
    for (const rate of rates) {
      const line = rate === 0 ? [] : ['--bandwidth', `${rate}Mbit/s`, '--bandwidth-always'];
      /** @type {Map<string, import('./two-hosts.mjs').Report[]>} */
      const reports = new Map(contenders.map((each) => [each, []]));
      for (let run = 0; run < runs; run++) {
        for (const [compress, list] of reports)
          list.push(await pair.migrate(...line, '--compress', compress));
      }
      for (const [compress, list] of reports) {
        const { median, least, most } = summary(list.map(({ totalMilliseconds }) => totalMilliseconds));
        const sent = summary(list.map(({ octetsSent }) => octetsSent / MIB)).median;
        const saved = summary(list.map((each) => (each.octetsSavedByCompression ?? 0) / MIB)).median;
        const level = list.at(-1)?.compressionLevel ?? 'none';
        const figures = [median, least, most, sent, saved].map((figure) => figure.toFixed(0));
        const way = rate === 0 ? 'pipe' : `${rate} Mbit/s`;
        console.log(`| ${memory} MiB, ${name} | ${way} | ${compress} | ${figures.join(' | ')} | ${level} |`);
      }
    }
    await pair.checkHealth();
  } finally {
    pair.close();
  }
}
