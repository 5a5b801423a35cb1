// Workloads of the guest, by the link of the migration: a set is hot only in comparison with a link.
import { pagesPerSecond } from './links.mjs';

/** @import { Link } from './links.mjs' */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {string} what it does
 * @property {(link: Link) => { kernel: string, command: string }} guest
 */

/** Part of a domain's pages in the larger hot sets. */
const HOT = 0.5;
/** Time on the link that the small hot set takes, in milliseconds. */
const SMALL = 40;

/**
 * @param {Link} link
 * @param {{ times: number, more?: string }} how its rate as a multiple of the link's, and further options
 */
function hot(link, { times, more = '' }) {
  const pages = Math.round(((link.memory << 20) / 4096) * HOT);
  const rate = Math.round(pagesPerSecond(link) * times);
  return { kernel: 'wss', command: `pages=${pages} rate=${rate} pattern=sequential${more}` };
}

/** @type {readonly Workload[]} */
export const workloads = [
  {
    name: 'idle',
    title: 'idle',
    what: 'ticks, and rewrites a few pages',
    guest: () => ({ kernel: 'idle', command: '' }),
  },
  {
    name: 'small',
    title: 'small hot set',
    what: `a set that the link takes ${SMALL} ms for, rewritten all over at each turn`,
    guest: (link) => {
      const pages = Math.round((pagesPerSecond(link) * SMALL) / 1000);
      return {
        kernel: 'wss',
        command: `pages=${pages} rate=${Math.round(pagesPerSecond(link) * 2)} pattern=sequential`,
      };
    },
  },
  {
    name: 'near',
    title: "near the link's rate",
    what: 'half of memory is hot, written at 0.85 of the rate at which the link takes pages',
    guest: (link) => hot(link, { times: 0.85 }),
  },
  {
    name: 'above',
    title: "above the link's rate",
    what: 'the same set, written at 1.5 times that rate',
    guest: (link) => hot(link, { times: 1.5 }),
  },
  {
    name: 'phases',
    title: 'phases',
    what: 'the same, for 2 s, then nothing for 2 s, and so on',
    guest: (link) => hot(link, { times: 1.5, more: ' busy=2000 quiet=2000' }),
  },
];
