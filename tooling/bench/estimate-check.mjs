// Compares the prediction of `xl migrate --estimate` for steady guests with the migrations, on links
// limited by --bandwidth. Prints a table; status 1 if a median is further off than allowed.
//
// usage: node tooling/bench/estimate-check.mjs [RUNS, 3 unless given] [LINK ...]
import { summary } from './statistics.mjs';
import { TwoHosts } from './two-hosts.mjs';

const runs = Number(process.argv[2] ?? 3);
const chosen = process.argv.slice(3);
/** @import { Estimate, Report } from './two-hosts.mjs' */

const links = chosen.length > 0 ? chosen : ['1Gbit/s', '100Mbit/s'];
if (!Number.isInteger(runs) || runs < 1) {
  console.error('usage: node tooling/bench/estimate-check.mjs [RUNS] [LINK ...]');
  process.exit(2);
}

const MEMORY = 128;
const guests = [
  'pages=100 rate=200 pattern=random',
  'pages=500 rate=5000 pattern=random',
  'pages=2000 rate=2000 pattern=random',
  'pages=4000 rate=20000 pattern=random',
  'pages=4000 rate=8000 pattern=sequential',
];
/**
 * Policies: the name in the estimate, and the options for it.
 * @type {[name: string, options: string[]][]}
 */
const policies = [
  ['stock (5 passes, 50 pages)', []],
  ['--max-downtime 300', ['--max-downtime', '300']],
];
const PERIOD = 4;
/** Allowed difference from the median, as a part of the measured value. */
const WITHIN = 0.25;
/** Milliseconds by which a suspend's own cost varies, whatever is dirty: it cannot be predicted. */
const SCATTER = 30;
/** Migrations back and forth before the comparison: they measure the cost of a suspend. */
const BEFORE = 4;

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {(of: Estimate | Report) => number} figure
 * @property {string} unit
 * @property {number} digits
 * @property {number} scatter
 */

/** @type {Figure[]} */
const figures = [
  { name: 'total', figure: (of) => of.totalMilliseconds / 1000, unit: 's', digits: 2, scatter: 0 },
  {
    name: 'sent',
    figure: (of) => ('octets' in of ? of.octets : of.octetsSent) / 2 ** 20,
    unit: 'MiB',
    digits: 1,
    scatter: 0,
  },
  { name: 'downtime', figure: (of) => of.downtimeMilliseconds, unit: 'ms', digits: 0, scatter: SCATTER },
];

/** @param {number[]} values */
const median = (values) => summary(values).median;
/** @param {number} part */
const percent = (part) => `${part >= 0 ? '+' : ''}${(part * 100).toFixed(0)} %`;

let off = 0;
const heading = figures.map(({ name, unit }) => `${name}, ${unit}`).join(' | ');
console.log(`| guest | link | policy | passes | ${heading} | reason |`);
console.log(`| --- | --- | --- | --- | ${figures.map(() => '---').join(' | ')} | --- |`);
for (const command of guests) {
  const hosts = new TwoHosts();
  try {
    await hosts.create({ memory: MEMORY, command });
    for (let i = 0; i < BEFORE; i++) await hosts.migrate('--bandwidth', links[0] ?? '', '--bandwidth-always');
    for (const link of links) for (const policy of policies) await compare(hosts, command, link, policy);
  } finally {
    hosts.close();
  }
}
console.log(
  off === 0
    ? `all medians within ${WITHIN * 100} % of what was measured, downtimes within that or ${SCATTER} ms`
    : `${off} medians further off than ${WITHIN * 100} %`,
);
process.exitCode = off === 0 ? 0 : 1;

/**
 * @param {TwoHosts} hosts
 * @param {string} command
 * @param {string} link
 * @param {[name: string, options: string[]]} policy
 */
async function compare(hosts, command, link, [policy, options]) {
  const limit = ['--bandwidth', link, '--bandwidth-always'];
  /** @type {Estimate[]} */
  const told = [];
  /** @type {Report[]} */
  const found = [];
  for (let run = 0; run < runs; run++) {
    const { estimates } = await hosts.estimate('--period', String(PERIOD), '--link', link);
    const estimate = estimates.find((each) => each.policy === policy);
    if (estimate === undefined) throw new Error(`nothing is predicted of ${policy}`);
    told.push(estimate);
    found.push(await hosts.migrate(...options, ...limit));
  }
  const cells = figures.map(({ figure, digits, scatter }) => {
    const [predicted, measured] = [median(told.map(figure)), median(found.map(figure))];
    const deviation = predicted / measured - 1;
    const within = Math.abs(deviation) <= WITHIN || Math.abs(predicted - measured) <= scatter;
    if (!within) off++;
    const text = `${predicted.toFixed(digits)} : ${measured.toFixed(digits)}, ${percent(deviation)}`;
    return within ? text : `**${text}**`;
  });
  const both = [told, found];
  const passes = both.map((of) => median(of.map(({ iterations }) => iterations))).join(' : ');
  const why = both.map((of) => [...new Set(of.map(({ reason }) => reason))].join('/')).join(' : ');
  console.log(`| \`${command}\` | ${link} | ${policy} | ${passes} | ${cells.join(' | ')} | ${why} |`);
}
