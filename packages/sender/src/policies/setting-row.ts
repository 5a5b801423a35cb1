/** The form of a setting's row, and a setting's names and parsing on each surface. */
import { BANDWIDTH_EXPECTED, parseBandwidth } from './bandwidth-text.js';

interface AnyRow {
  /** The role: a goal ends precopy because little is left, a limit because it has cost enough. */
  readonly role: 'goal' | 'limit' | 'bandwidth';
  /** Whether it may change during a migration. */
  readonly whileRunning: boolean;
  /** The short option. */
  readonly letter?: string;
  /** The number of its field in operator.proto: never reused for another setting. */
  readonly field: number;
  /** The name of that field, and of the member in JSON, if it is not the setting's. */
  readonly wire?: string;
  /** The setting without which this one has no effect. */
  readonly changes?: string;
  /** The reason why it has no effect then. */
  readonly without?: string;
  /** The text in `--help`. */
  readonly help: string;
  /** The text in docs/xl.md, in Markdown. */
  readonly page: string;
}

interface ValueRow extends AnyRow {
  /** The placeholder of the option's value. */
  readonly argument: string;
}

interface NumberRow extends ValueRow {
  /** The form in which people write it; `seconds` are stored as milliseconds. */
  readonly kind: 'count' | 'milliseconds' | 'seconds' | 'rate';
  /** The unit of the stored value. */
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  /** A sensible value as people write it, for whoever wrote none. */
  readonly example: string;
  /** The setting in a status, as an item of a list. */
  readonly words?: (value: number, all: never) => string;
}

interface WordRow extends ValueRow {
  readonly kind: 'word';
  readonly choice: readonly string[];
}

interface FlagRow extends AnyRow {
  readonly kind: 'flag';
  /** The text in `--help` of the option that reverts it. */
  readonly negated: string;
  readonly words?: (value: boolean, all: never) => string | false;
}

export type SettingRow = NumberRow | WordRow | FlagRow;

export type ValueOf<Row> = Row extends { readonly kind: 'flag' }
  ? boolean
  : Row extends { readonly choice: readonly (infer Word)[] }
    ? Word
    : number;

/** The name of a setting's option, such as "--max-downtime". */
export function optionOf(name: string): string {
  return `--${keyOf(name)}`;
}

/** The name of a setting's variable, such as "MIG_MAX_DOWNTIME". */
export function variableOf(name: string): string {
  return `MIG_${keyOf(name).replaceAll('-', '_').toUpperCase()}`;
}

/** The name of a setting in a trace, such as "max-downtime". */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The requirement on a setting's text, to follow "must be". */
export function expectedOf(row: SettingRow): string {
  switch (row.kind) {
    case 'count':
    case 'milliseconds':
      return `a whole number of ${row.unit} ${rangeOf(row)}, for example ${row.example}`;
    case 'seconds':
      return `a number of seconds above ${row.least}, at most ${row.most / 1000}, for example ${row.example}`;
    case 'rate':
      return BANDWIDTH_EXPECTED;
    case 'word':
      return row.choice.join(' or ');
    case 'flag':
      return '0 or 1';
  }
}

function rangeOf({ least, most }: NumberRow): string {
  return most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
}

/**
 * Parses the text of a setting.
 * @returns the value in the row's unit; undefined if the text makes no sense
 */
export function parseSetting(row: SettingRow, text: string): number | string | boolean | undefined {
  switch (row.kind) {
    case 'count':
    case 'milliseconds':
      return within(row, /^[0-9]+$/.test(text) ? Number(text) : NaN);
    case 'seconds':
      return within(row, secondsIn(text) * 1000);
    case 'rate':
      return parseBandwidth(text);
    case 'word':
      return row.choice.find((word) => word === text);
    case 'flag':
      return text === '1' ? true : text === '0' ? false : undefined;
  }
}

/** Parses a number of seconds as an operator writes it. @returns NaN if the text makes no sense */
export function secondsIn(text: string): number {
  return /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
}

/** Tells whether the setting may have a value, wherever it comes from. */
export function isAllowed(row: SettingRow, value: unknown): boolean {
  switch (row.kind) {
    case 'flag':
      return typeof value === 'boolean';
    case 'word':
      return row.choice.some((word) => word === value);
    case 'count':
      return Number.isSafeInteger(value) && within(row, value as number) !== undefined;
    case 'milliseconds':
    case 'seconds':
    case 'rate':
      return Number.isFinite(value) && within(row, value as number) !== undefined;
  }
}

/** Tells whether a number is in range; a time must not be 0. */
function within({ kind, least, most }: NumberRow, value: number): number | undefined {
  return value >= least && value <= most && (kind !== 'seconds' || value > 0) ? value : undefined;
}
