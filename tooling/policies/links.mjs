// The links, made by --bandwidth --bandwidth-always, and the size of a domain on each: the first pass takes
// about as long on both.
export const PAGE = 4096;

export const links = [
  { name: '100M', title: '100 Mbit/s', bandwidth: '100Mbit/s', octetsPerSecond: 12.5e6, memory: 16 },
  { name: '1G', title: '1 Gbit/s', bandwidth: '1Gbit/s', octetsPerSecond: 125e6, memory: 160 },
];

/** @typedef {(typeof links)[number]} Link */

/**
 * Pages that the link takes in a second, including the 8 octets of each pfn.
 * @param {Link} link
 */
export function pagesPerSecond({ octetsPerSecond }) {
  return octetsPerSecond / (PAGE + 8);
}
