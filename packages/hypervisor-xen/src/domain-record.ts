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
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'unreadable';
  }
  if (!isOf(parsed, { format: (value) => value === FORMAT, ...fields })) return 'unreadable';
  delete parsed['format'];
  return parsed as unknown as DomainRecord;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isProcess: Check = (value) =>
  isOf(value, { pid: isCount, startTime: Number.isSafeInteger, bootId: isText, pidNamespace: isText });
const purposes: readonly unknown[] = ['migration', 'save', 'arrival'] satisfies Hold['purpose'][];

const hold: Readonly<Record<keyof Hold, Check>> = {
  id: isText,
  purpose: (value) => purposes.includes(value),
  to: isText,
  process: isProcess,
};

const fields: Readonly<Record<keyof DomainRecord, Check>> = {
  standing: (value) => (standings as readonly unknown[]).includes(value),
  epoch: isCount,
  uuid: isText,
  ownName: isText,
  hold: optional((value) => isOf(value, hold)),
  sentTo: optional(isText),
  pause: optional((value) => typeof value === 'boolean'),
  cpuNanoseconds: optional(Number.isFinite),
  ending: optional(isProcess),
};

function isOf(value: unknown, checks: Readonly<Record<string, Check>>): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}
