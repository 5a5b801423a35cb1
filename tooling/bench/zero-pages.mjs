// Measures what pages of zeros are worth: migrations of a domain of which none, 70 % and nearly all pages have zeros
// alone. Prints a table.
//
// usage: node tooling/bench/zero-pages.mjs [RUNS, 7 unless given] [MiB, 1024 unless given]
import { summary } from './statistics.mjs';
import { TwoHosts } from './two-hosts.mjs';

const runs = Number(process.argv[2] ?? 7);
const memory = Number(process.argv[3] ?? 1024);
if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(memory) && memory > 0)) {
  console.error('usage: node tooling/bench/zero-pages.mjs [RUNS] [MiB]');
  process.exit(2);
}

const MIB = 2 ** 20;
const PAGES = memory * 256;
/** Guests that write hardly anything once they are filled. */
const guests = [
  { name: 'no zeros', command: 'pages=1000 rate=1 memory=full' },
  { name: '70 % zeros', command: `pages=${Math.round(PAGES * 0.3)} rate=1 memory=sparse` },
  { name: 'zeros but for 1000 pages', command: 'pages=1000 rate=1 memory=sparse' },
];

console.log('| memory | total, ms: median | least | most | MiB sent | pages of zeros |');
console.log('| --- | --: | --: | --: | --: | --: |');
for (const { name, command } of guests) {
  const pair = new TwoHosts();
  try {
    await pair.create({ memory, command });
    // The process of a created domain differs from that of an arrived one.
    await pair.migrate();
    const reports = [];
    for (let run = 0; run < runs; run++) reports.push(await pair.migrate());
    await pair.checkHealth();
    const { median, least, most } = summary(reports.map(({ totalMilliseconds }) => totalMilliseconds));
    const sent = summary(reports.map(({ octetsSent }) => octetsSent / MIB)).median;
    const zeros = summary(reports.map(({ zeroPages = 0 }) => zeroPages)).median;
    const figures = [median, least, most, sent, zeros].map((figure) => figure.toFixed(0));
    console.log(`| ${memory} MiB, ${name} | ${figures.join(' | ')} |`);
  } finally {
    pair.close();
  }
}
