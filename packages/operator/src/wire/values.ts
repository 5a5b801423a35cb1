/** Converts between the protocol's values and protobuf's, and checks them. */
import { passKinds } from '@mig/hypervisor';
import { ControlError } from '@mig/protocol/delimited-messages';
import { sourceTable, type SourceState } from '@mig/protocol/handshake';
import { quoted } from '@mig/protocol/terminal-text';
import {
  settingNames,
  settingRow,
  type SettingName,
  type SettingRow,
  type Settings,
  wireNameOf,
} from '@mig/sender/policy';
import type { MigrationEnd, OperatorPass, OperatorStatus, SettingsChange } from './messages.js';

type Fields = Readonly<Record<string, unknown>>;

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

const settingsByWireName: ReadonlyMap<string, SettingName> = new Map(
  settingNames.map((name) => [wireNameOf(name), name]),
);

/** The settings by field name, which is also their name in JSON. */
export function settingsOnWire(settings: Settings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    settingNames.flatMap((name) =>
      settings[name] === undefined ? [] : [[wireNameOf(name), settings[name]]],
    ),
  );
}

/** Tells whether a value can be transmitted at all; the receiver decides whether it makes sense. */
function isSayable({ kind, ...row }: SettingRow, value: unknown): boolean {
  if (kind === 'flag') return true;
  if ('choice' in row) return row.choice.some((word) => word === value);
  return kind === 'count' ? Number.isSafeInteger(value) && (value as number) >= 0 : isAmount(value);
}

/** @throws ControlError malformed */
export function settingsFromWire(fields: Fields): Settings {
  return Object.fromEntries(
    Object.entries(present(fields)).map(([wireName, value]) => {
      const name = settingNamed(wireName);
      check(isSayable(settingRow(name), value), `settings whose ${wireName} is ${quoted(String(value))}`);
      return [name, value];
    }),
  );
}

/** @throws ControlError malformed */
function settingNamed(wireName: string): SettingName {
  const name = settingsByWireName.get(wireName);
  if (name === undefined) throw new ControlError('malformed', `no setting is called ${quoted(wireName)}`);
  return name;
}

export function changeOnWire(change: SettingsChange) {
  const unset = settingNames.filter((name) => change[name] === null);
  const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null));
  return {
    kind: 'set' as const,
    course: settingsOnWire(set),
    unset: unset.map((name) => wireNameOf(name)),
  };
}

/** @throws ControlError malformed */
export function changeFromWire(fields: object): SettingsChange {
  const { course, unset } = fields as { course: Fields | null; unset: string[] };
  const change = settingsFromWire(course ?? {});
  const names = unset.map(settingNamed);
  for (const name of names) check(!Object.hasOwn(change, name), `${name} is set and unset at once`);
  return { ...change, ...Object.fromEntries(names.map((name) => [name, null])) };
}

/** Most characters of a text, so that no message outgrows its limit: a command may be of any length. */
export const LONGEST_OPERATOR_TEXT = 2000;

/** Copies a value, with its texts cut to that length. */
export function cut<T>(value: T): T {
  if (typeof value === 'string') return (value as string).slice(0, LONGEST_OPERATOR_TEXT) as T;
  if (Array.isArray(value)) return value.map(cut) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cut(each)])) as T;
}

export function statusOnWire({ course, ...status }: OperatorStatus): Readonly<Record<string, unknown>> {
  return { ...cut(status), course: settingsOnWire(course) };
}

/** @throws ControlError malformed */
export function statusFromWire(fields: Fields): OperatorStatus {
  const status = present(fields);
  const { phase, pass, course } = status;
  check(
    typeof phase === 'string' && Object.hasOwn(sourceTable, phase),
    `no phase is called ${quoted(String(phase))}`,
  );
  check(course !== null && course !== undefined, 'a status without its settings');
  if (pass !== undefined) {
    const { kind } = pass as OperatorPass;
    check(passKinds.includes(kind), `no pass is called ${quoted(kind)}`);
  }
  for (const [name, value] of [...Object.entries(status), ...Object.entries(pass ?? {})]) {
    if (typeof value === 'number') check(isAmount(value), `a status whose ${name} is ${value}`);
  }
  return {
    ...status,
    phase: phase as SourceState,
    course: settingsFromWire(course as Fields),
  } as unknown as OperatorStatus;
}

const outcomes: ReadonlySet<string> = new Set([
  'moved',
  ...Object.values(sourceTable).flatMap(({ onFailure, ifKilled }) => [onFailure, ifKilled]),
]);

/** @throws ControlError malformed */
export function endFromWire(fields: Fields): MigrationEnd {
  const { outcome } = fields;
  check(
    typeof outcome === 'string' && outcomes.has(outcome),
    `no outcome is called ${quoted(String(outcome))}`,
  );
  return fields as unknown as MigrationEnd;
}

/** Removes absent messages, which protobufjs gives as null. */
function present(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ControlError('malformed', what);
}
