/**
 * The messages between two migs before a migration, on a connection of their own. They move and change
 * nothing.
 *
 *     target (xl migrate-receive --check)          source (xl migrate --check)
 *        -> "mig-preflight\n"                      greeting: a stock xl, or an older mig, has none
 *        <- question: a JSON object in a line
 *        -> answer: a JSON object in a line
 *
 * Each object has its `version`. A newer mig may add fields and checks within a version; an older one skips
 * them.
 */
import { MigError } from '@mig/errors';
import { JsonObjectError, parseJsonObject } from '../octets/json-object.js';
import { MAX_CONFIGURATION } from '../limits.js';
import { utf8 } from '../octets/text.js';
import type { CpuidLeaf, MsrEntry } from '../layer/records.js';
import type { Check, CheckOutcome } from './checks.js';

export const PREFLIGHT_GREETING = 'mig-preflight';
const VERSION = 1;

/** Most octets of a question's line: a configuration, which JSON quotes, and a processor. */
export const MAX_QUESTION = 4 * 2 ** 20;
/** Most octets of an answer's line: the longest sentences of all checks, with each character quoted. */
export const MAX_ANSWER = 256 * 1024;
export const MOST_CHECKS = 64;
/** Most characters of a sentence. */
export const LONGEST_SENTENCE = 500;
/** Most CPUID leaves, and most MSRs: Xen's own policies have some hundred. */
export const MOST_LEAVES = 4096;
const DEPTH = 8;

/** A domain that wants to arrive, described by its source. */
export interface PreflightQuestion {
  /** The configuration as libxl JSON, as it would precede the stream. */
  readonly configuration: string;
  /** Identifies the source: a host may send to itself, and has the domain already. */
  readonly host?: string | undefined;
  /** Facts that a Xen host adds. */
  readonly xen?: {
    readonly major: number;
    readonly minor: number;
    /** The processor that the domain was given; absent if it could not be read. */
    readonly cpuPolicy?: {
      readonly leaves: readonly CpuidLeaf[];
      readonly msrs: readonly MsrEntry[];
    };
  };
}

/** The fault of a message, worded to follow "the question" or "the answer". */
export class PreflightMessageError extends MigError {
  override readonly name = 'PreflightMessageError';
  readonly code = 'malformed-preflight-message';
}

/** Encodes a question. @returns the line, without its end @throws PreflightMessageError */
export function encodeQuestion({ configuration, host, xen }: PreflightQuestion): string {
  const { leaves = [], msrs = [] } = xen?.cpuPolicy ?? {};
  const cpuPolicy = xen?.cpuPolicy && {
    leaves: leaves.map(({ leaf, subleaf, a, b, c, d }) => [leaf, subleaf, a, b, c, d]),
    msrs: msrs.map(({ index, flags, value }) => [index, flags, value.toString(16)]),
  };
  const line = JSON.stringify({ version: VERSION, configuration, host, xen: xen && { ...xen, cpuPolicy } });
  if (utf8(line).length > MAX_QUESTION) refuse(`has more than ${MAX_QUESTION} bytes`);
  return line;
}

/** Decodes a question. @throws PreflightMessageError */
export function decodeQuestion(line: string): PreflightQuestion {
  const { configuration, host, xen } = versioned(line, MAX_QUESTION);
  if (typeof configuration !== 'string') return refuse('has no configuration');
  if (configuration.length > MAX_CONFIGURATION) {
    return refuse(`has a configuration of more than ${MAX_CONFIGURATION} bytes`);
  }
  if (host !== undefined && typeof host !== 'string') return refuse('names a host that is no text');
  return {
    configuration,
    ...(host !== undefined && { host }),
    ...(xen !== undefined && { xen: xenOf(xen) }),
  };
}

function xenOf(value: unknown): NonNullable<PreflightQuestion['xen']> {
  const { major, minor, cpuPolicy } = objectOf(value, 'xen');
  const version = { major: numberOf(major, 'xen.major'), minor: numberOf(minor, 'xen.minor') };
  if (cpuPolicy === undefined) return version;
  const { leaves, msrs } = objectOf(cpuPolicy, 'xen.cpuPolicy');
  return {
    ...version,
    cpuPolicy: { leaves: rowsOf(leaves, 6).map(leafOf), msrs: rowsOf(msrs, 3).map(msrOf) },
  };
}

/**
 * Encodes an answer. @returns the line, without its end; checks and sentences beyond the limits are cut off
 */
export function encodeAnswer(checks: readonly Check[]): string {
  const said = checks.slice(0, MOST_CHECKS).map(({ check, outcome, sentence }) => ({
    check,
    outcome,
    sentence: cut(sentence),
  }));
  return JSON.stringify({ version: VERSION, checks: said });
}

/** Decodes an answer. @throws PreflightMessageError */
export function decodeAnswer(line: string): Check[] {
  const { checks } = versioned(line, MAX_ANSWER);
  if (!Array.isArray(checks)) return refuse('has no checks');
  if (checks.length > MOST_CHECKS) return refuse(`has more than ${MOST_CHECKS} checks`);
  return checks.map(checkOf);
}

function checkOf(value: unknown): Check {
  const { check, outcome, sentence } = objectOf(value, 'a check');
  if (typeof check !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(check))
    return refuse('has a check without a name');
  if (!isOutcome(outcome)) return refuse(`has an outcome of ${check} that there is not`);
  if (typeof sentence !== 'string') return refuse(`does not say what was found of ${check}`);
  if (sentence.length > LONGEST_SENTENCE)
    return refuse(`says more of ${check} than ${LONGEST_SENTENCE} characters`);
  return { check, outcome, sentence };
}

function isOutcome(value: unknown): value is CheckOutcome {
  return value === 'passed' || value === 'failed' || value === 'unknown';
}

function cut(sentence: string): string {
  return sentence.length <= LONGEST_SENTENCE ? sentence : `${sentence.slice(0, LONGEST_SENTENCE - 1)}…`;
}

function versioned(line: string, octets: number): Readonly<Record<string, unknown>> {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = parseJsonObject(line, { octets, depth: DEPTH });
  } catch (error) {
    if (!(error instanceof JsonObjectError)) throw error;
    return refuse(error.message, error);
  }
  const { version } = value;
  return version === VERSION ? value : refuse(`is not of version ${VERSION}`);
}

function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  return refuse(`has ${path} that is no object`);
}

function numberOf(value: unknown, path: string): number {
  const isWord = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  return isWord ? value : refuse(`has ${path} that is no whole number of 32 bits`);
}

function rowsOf(value: unknown, width: number): readonly (readonly unknown[])[] {
  const rows = Array.isArray(value) ? (value as unknown[]) : refuse('has a processor that is none');
  if (rows.length > MOST_LEAVES)
    return refuse(`has a processor with more than ${MOST_LEAVES} leaves or MSRs`);
  return rows.map((row) =>
    Array.isArray(row) && row.length === width ? (row as unknown[]) : refuse('has a processor that is none'),
  );
}

function leafOf(row: readonly unknown[]): CpuidLeaf {
  const [leaf, subleaf, a, b, c, d] = row.map((word) => numberOf(word, 'a CPUID leaf')) as [
    number, number, number, number, number, number,
  ]; // prettier-ignore
  return { leaf, subleaf, a, b, c, d };
}

function msrOf([index, flags, value]: readonly unknown[]): MsrEntry {
  if (typeof value !== 'string' || !/^[0-9a-f]{1,16}$/.test(value))
    return refuse('has an MSR without a value');
  return { index: numberOf(index, 'an MSR'), flags: numberOf(flags, 'an MSR'), value: BigInt(`0x${value}`) };
}

function refuse(problem: string, cause?: unknown): never {
  throw new PreflightMessageError(problem, { cause });
}
