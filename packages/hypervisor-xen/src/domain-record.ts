/**
 * What mig remembers of a domain, as JSON in xenstore beside what libxl itself keeps: it outlives the process that wrote
 * it, dies with the domain, and no guest can read it. It says what mig has done; whether that still holds Xen knows
 * (domain-standing.ts).
 */
import { type Ownership, standings } from '@mig/protocol/handshake';
import type { ProcessIdentity } from './holder.js';

/** A toolstack that has taken a domain. */
export interface Hold {
  /** Tells this hold from any other, also of the same process. */
  readonly id: string;
  readonly purpose: 'migration' | 'save' | 'arrival';
  /** A host or a file; empty where it is not known. */
  readonly to: string;
  readonly process: ProcessIdentity;
}

export interface DomainRecord extends Ownership {
  /** Whose record it is: a domid may be another domain's by now. */
  readonly uuid: string;
  /** The name under which it was taken. */
  readonly ownName: string;
  /** Who has it, or had it last. */
  readonly hold?: Hold | undefined;
  /** Where it was sent. */
  readonly sentTo?: string | undefined;
  /** One of the pauses that Xen counts is mig's; noted before it is made, so it may not be there. */
  readonly pause?: boolean | undefined;
  /** The processor time that it had when it stopped, in nanoseconds: with any other it has run since. */
  readonly cpuNanoseconds?: number | undefined;
  /** Who is destroying it. */
  readonly ending?: ProcessIdentity | undefined;
}

/** The version of this format; another mig may have written another one. */
const FORMAT = 1;

export function recordKey(domid: number): string {
  return `/libxl/${domid}/mig`;
}

export function encodeRecord(record: DomainRecord): string {
  return JSON.stringify({ format: FORMAT, ...record });
}

/** @returns `unreadable` for what this mig cannot judge by */
export function decodeRecord(text: string): DomainRecord | 'unreadable' {
  try {
    const parsed = JSON.parse(text) as DomainRecord & { format?: number };
    const { format, ...record } = parsed;
    const isOurs =
      format === FORMAT &&
      standings.includes(record.standing) &&
      Number.isSafeInteger(record.epoch) &&
      typeof record.uuid === 'string' &&
      typeof record.ownName === 'string';
    return isOurs ? record : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
