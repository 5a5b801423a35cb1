/**
 * mig's record of a domain, as JSON in xenstore beside libxl's own keys: it survives the process that wrote
 * it, ends with the domain, and no guest can read it. It says what mig has done; whether that still holds,
 * Xen knows (domain-standing.ts).
 */
import { type Ownership, standings } from '@mig/protocol/handshake';
import type { ProcessIdentity } from './holder.js';

/** A toolstack's hold of a domain. */
export interface Hold {
  /** Distinguishes this hold from any other, also of the same process. */
  readonly id: string;
  readonly purpose: 'migration' | 'save' | 'arrival';
  /** A host or a file; empty if unknown. */
  readonly to: string;
  readonly process: ProcessIdentity;
}

export interface DomainRecord extends Ownership {
  /** The domain that the record belongs to: its domid may be another's by now. */
  readonly uuid: string;
  /** The name that it had when it was taken. */
  readonly ownName: string;
  /** The present or the last hold. */
  readonly hold?: Hold | undefined;
  /** The destination it was sent to. */
  readonly sentTo?: string | undefined;
  /** Whether one of the pauses that Xen counts is mig's; noted before it is made, so it may be missing. */
  readonly pause?: boolean | undefined;
  /** Processor time when it stopped, in nanoseconds: any other value means that it has run since. */
  readonly cpuNanoseconds?: number | undefined;
  /** The process that is destroying it. */
  readonly ending?: ProcessIdentity | undefined;
}

/** The version of this format; another mig may write another one. */
const FORMAT = 1;

export function recordKey(domid: number): string {
  return `/libxl/${domid}/mig`;
}

export function encodeRecord(record: DomainRecord): string {
  return JSON.stringify({ format: FORMAT, ...record });
}

/** @returns `unreadable` for a record that this mig cannot judge by */
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
