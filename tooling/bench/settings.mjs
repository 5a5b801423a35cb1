// What the precopy options do to a busy guest: octets of each pass, downtime.
import { spread } from './statistics.mjs';
import { TwoHosts } from './two-hosts.mjs';

const RUNS = 10;
const SETTINGS = [
  ['-i', '1'],
  ['-i', '5'],
  ['-i', '20', '-d', '10'],
];

export async function benchSettings() {
  const pair = new TwoHosts();
  await pair.create({ memory: 256, command: 'pages=20000 rate=50000 pattern=random' });
  console.log('256 MiB, 20,000 pages hot, 50,000 written a second');
  try {
    for (const options of SETTINGS) {
      const downtimes = [];
      let report;
      for (let run = 0; run < RUNS; run++) {
        report = await pair.migrate(...options);
        downtimes.push(report.downtimeMilliseconds);
      }
      const passes = report.passes.map(({ kind, octets }) => `${kind} ${octets.toLocaleString('en')}`);
      console.log(`  ${options.join(' ')}: ${report.explanation}`);
      console.log(`    octets of each pass, last run: ${passes.join(', ')}`);
      console.log(`    downtime, ms, median (least to most) of ${RUNS}: ${spread(downtimes, 1)}`);
    }
  } finally {
    await pair.close();
  }
}
