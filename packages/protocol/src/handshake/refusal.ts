/**
 * The line that mig's target sends in place of the banner if it takes no domain now. A stock source, or an
 * older mig, takes it for noise, and sends nothing.
 *
 *     <- "mig-refused cordoned: no domain may arrive, cordoned by root\n"
 */
import { shownUtf8, utf8 } from '../octets/text.js';

export const arrivalRefusals = [
  /** The administrator has closed the host to arrivals. */
  'cordoned',
  /** The host has as many arrivals as it takes at once: a later attempt may succeed. */
  'arrivals-full',
] as const;

export type ArrivalRefusal = (typeof arrivalRefusals)[number];

export interface RefusedArrival {
  readonly code: ArrivalRefusal;
  /** The reason, for people. */
  readonly sentence: string;
}

const LINE = new RegExp(`^mig-refused (${arrivalRefusals.join('|')}): ([^\\n]+)\\n`);

/** @param sentence is put on one line */
export function encodeRefusal({ code, sentence }: RefusedArrival): Uint8Array {
  return utf8(`mig-refused ${code}: ${sentence.replace(/\s+/g, ' ')}\n`);
}

/** @returns undefined if it is anything else, or not whole */
export function decodeRefusal(received: Uint8Array): RefusedArrival | undefined {
  const [, code, sentence] = LINE.exec(shownUtf8(received)) ?? [];
  if (code === undefined || sentence === undefined) return undefined;
  return { code: code as ArrivalRefusal, sentence };
}
