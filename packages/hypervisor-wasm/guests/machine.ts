/** The machine that a guest runs on: see docs/guests.md. */

import { console } from './mig';

/**
 * Address of the command line in the boot page: u32 length of the command line, u32 pages of memory, the
 * command line.
 */
const COMMAND_LINE: usize = 8;

export function commandLineLength(): i32 {
  return load<u32>(0);
}

export function commandLineOctet(at: i32): i32 {
  return load<u8>(COMMAND_LINE + at);
}

/** Number of pages of 4096 octets. */
export function memoryPages(): u32 {
  return load<u32>(4);
}

const LONGEST_LINE = 256;
const line = memory.data(LONGEST_LINE);

/** Length of the line under construction; 0 between two lines. */
export let lineLength: i32 = 0;

function put(octet: i32): void {
  if (lineLength < LONGEST_LINE - 1) store<u8>(line + lineLength++, octet);
}

export function text(words: string): void {
  for (let i = 0; i < words.length; i++) put(words.charCodeAt(i));
}

export function decimal(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) put(48 + <i32>((value / divisor) % 10));
}

/** Adds a part of the command line to the line. */
export function quotation(start: i32, end: i32): void {
  for (let i = start; i < end; i++) put(commandLineOctet(i));
}

export function endLine(): void {
  store<u8>(line + lineLength++, 10);
  console(line, lineLength);
  lineLength = 0;
}

/** Crashes the guest; what was printed before gives the reason. */
export function crash(): void {
  endLine();
  unreachable();
}
