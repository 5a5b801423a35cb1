/**
 * The octets behind what Node shows as text: arguments and variables. Node shows U+FFFD for octets that are
 * not UTF-8, so that two files look like one whose name neither has; yet a name may contain that character.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** The character that Node shows for octets that are not UTF-8. */
export const UNDECODED = '\ufffd';
const NUL = 0;

/**
 * Reads the last arguments of this process.
 * @throws the system's error if there is no /proc
 */
export function argumentOctets(count: number): Uint8Array[] {
  return split(readFileSync('/proc/self/cmdline')).slice(-count);
}

/**
 * Finds an argument that is not UTF-8.
 * @param words as Node shows them
 * @returns the argument with its octets shown; undefined if all are UTF-8
 * @throws the system's error if that cannot be found out
 */
export function undecodedArgument(words: readonly string[]): string | undefined {
  if (!words.some((word) => word.includes(UNDECODED))) return undefined;
  const lost = argumentOctets(process.argv.length - 2).find((octets) => !isUtf8(octets));
  return lost && shown(lost);
}

/**
 * Checks whether a variable of the environment is UTF-8.
 * @param value as Node shows it
 * @returns the value with its octets shown, if it is not
 * @throws the system's error if that cannot be found out
 */
export function undecodedVariable(name: string, value: string): string | undefined {
  if (!value.includes(UNDECODED)) return undefined;
  const before = Buffer.from(`${name}=`);
  const octets = split(readFileSync('/proc/self/environ'))
    .find((each) => each.subarray(0, before.length).equals(before))
    ?.subarray(before.length);
  // A value that this process has set since its start is text.
  return octets !== undefined && !isUtf8(octets) && octets.toString() === value ? shown(octets) : undefined;
}

/** Shows octets as text: everything except printable ASCII as `\xHH`. */
export function shown(octets: Uint8Array): string {
  const hexadecimal = (octet: string) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Buffer.from(octets)
    .toString('latin1')
    .replace(/[^ -~]/g, hexadecimal);
}

/** Splits octets at the NUL that ends each item. */
function split(octets: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0, end; (end = octets.indexOf(NUL, start)) >= 0; start = end + 1) {
    parts.push(octets.subarray(start, end));
  }
  return parts;
}
