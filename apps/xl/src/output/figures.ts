/** Formats figures for people. */

const MiB = 1 << 20;

export function octetsText(octets: number): string {
  if (octets >= 1024 * MiB) return `${(octets / (1024 * MiB)).toFixed(2)} GiB`;
  if (octets >= MiB) return `${(octets / MiB).toFixed(1)} MiB`;
  if (octets >= 1024) return `${(octets / 1024).toFixed(1)} KiB`;
  return `${octets} octets`;
}

export function millisecondsText(milliseconds: number): string {
  return milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${milliseconds.toFixed(0)} ms`;
}

/** Formats a rate from octets and time; a dash if no time passed. */
export function rateText(octets: number, milliseconds: number): string {
  return milliseconds > 0 ? `${octetsText((octets / milliseconds) * 1000)}/s` : '-';
}
