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
  'a rate that says whether bits or bytes are meant, such as 100Mbit/s, 1Gbps or 12.5MB/s, from 8 kbit/s to 8 Tbit/s';

/** Least bandwidth in octets per second: with less a migration would not end. */
export const LEAST_BANDWIDTH = 1000;
export const MOST_BANDWIDTH = 1e12;

/**
 * Parses a number, a prefix (k, M, G, or Ki, Mi, Gi for powers of 1024) and a unit: `bit` or `B`, with or
 * without `/s`, in any case, or `Mbps` and `Mb/s`, which are bits. `100mb` or `100mb/s` may be either: that
 * makes no sense here.
 * @returns octets per second; undefined if the text makes no sense
 */
export function parseBandwidth(text: string): number | undefined {
  const [, number, prefix, unit, per = ''] =
    /^([0-9]+(?:\.[0-9]+)?) ?([kmg]i?|)(bits?|b)(\/s|ps)?$/i.exec(text.replace(/octets?|bytes?/i, 'B')) ?? [];
  if (number === undefined || prefix === undefined || unit === undefined) return undefined;
  const isBits = unit === 'b' ? saysBits(prefix, per) : /^bits?$/i.test(unit);
  if (isBits === undefined) return undefined;
  const octets = (Number(number) * PREFIXES[prefix.toLowerCase()]!) / (isBits ? 8 : 1);
  return octets >= LEAST_BANDWIDTH && octets <= MOST_BANDWIDTH ? octets : undefined;
}

/** Tells whether a small `b` means bits; undefined if the writer may not have minded the case. */
function saysBits(prefix: string, per: string): true | undefined {
  return per === 'ps' || (per === '/s' && !/^[mg]/.test(prefix)) ? true : undefined;
}

/** Formats a bandwidth, such as "100 Mbit/s". */
export function bandwidthText(octetsPerSecond: number): string {
  const bits = octetsPerSecond * 8;
  const [scale, prefix] = bits >= 1e9 ? [1e9, 'G'] : bits >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((bits / scale).toFixed(2))} ${prefix}bit/s`;
}
