/**
 * The octets of what Node shows as text: arguments and variables. Where they are not UTF-8 it shows U+FFFD, so that two
 * files look like one, whose name neither has; and a name may have that character.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** What Node shows in the place of octets that are not UTF-8. */
export const UNDECODED = '\ufffd';
const NUL = 0;

/**
 * Reads the last arguments of this process.
 * @throws what the system says where there is no /proc
 */
export function argumentOctets(count: number): Uint8Array[] {
  return split(readFileSync('/proc/self/cmdline')).slice(-count);
}

/**
 * Finds an argument that is not UTF-8.
 * @param words as Node shows them
 * @returns it, its octets shown; undefined where all are
 * @throws what the system says where that cannot be found out
 */
export function undecodedArgument(words: readonly string[]): string | undefined {
  if (!words.some((word) => word.includes(UNDECODED))) return undefined;
  const lost = argumentOctets(process.argv.length - 2).find((octets) => !isUtf8(octets));
  return lost && shown(lost);
}

/**
 * Looks whether a variable of the environment is UTF-8.
 * @param value as Node shows it
 * @returns the value, its octets shown, where it is not
 * @throws what the system says where that cannot be found out
 */
export function undecodedVariable(name: string, value: string): string | undefined {
  if (!value.includes(UNDECODED)) return undefined;
  const before = Buffer.from(`${name}=`);
  const octets = split(readFileSync('/proc/self/environ'))
    .find((each) => each.subarray(0, before.length).equals(before))
    ?.subarray(before.length);
  // What this process has set since is text.
  return octets !== undefined && !isUtf8(octets) && octets.toString() === value ? shown(octets) : undefined;
}

/** Shows octets as text: all that is not printable ASCII as `\xHH`. */
export function shown(octets: Uint8Array): string {
  const hexadecimal = (octet: string) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Buffer.from(octets)
    .toString('latin1')
    .replace(/[^ -~]/g, hexadecimal);
}

/** Each ends with a NUL. */
function split(octets: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0, end; (end = octets.indexOf(NUL, start)) >= 0; start = end + 1) {
    parts.push(octets.subarray(start, end));
  }
  return parts;
}
