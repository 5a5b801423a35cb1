/** Bandwidths as text. */

const PREFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** The syntax of `parseBandwidth`, for an error message. */
export const BANDWIDTH_EXPECTED =
  'a rate with its unit, such as 100Mbit/s, 1Gbit/s or 12.5MB/s, from 8 kbit/s to 8 Tbit/s';

/** Least bandwidth in octets per second: with less a migration would not end. */
const LEAST = 1000;
const MOST = 1e12;

/**
 * Parses a number, a prefix (k, M, G, or Ki, Mi, Gi for powers of 1024) and `bit` or `B`, with or without
 * `/s`, in any case.
 * @returns octets per second; undefined if the text makes no sense
 */
export function parseBandwidth(text: string): number | undefined {
  const [, number, prefix, unit] =
    /^([0-9]+(?:\.[0-9]+)?) ?([kmg]i?|)(bits?|b)(?:\/s|ps)?$/i.exec(text.replace(/octets?/i, 'B')) ?? [];
  if (number === undefined || prefix === undefined || unit === undefined) return undefined;
  const octets =
    (Number(number) * PREFIXES[prefix.toLowerCase()]!) / (/^bits?$/i.test(unit) ? 8 : unit === 'b' ? NaN : 1);
  return octets >= LEAST && octets <= MOST ? octets : undefined;
}

/** Formats a bandwidth, such as "100 Mbit/s". */
export function bandwidthText(octetsPerSecond: number): string {
  const bits = octetsPerSecond * 8;
  const [scale, prefix] = bits >= 1e9 ? [1e9, 'G'] : bits >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((bits / scale).toFixed(2))} ${prefix}bit/s`;
}
