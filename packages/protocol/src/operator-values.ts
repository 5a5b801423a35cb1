/** What protobuf and the values of the operator's protocol have different shapes for, and what is checked of it. */
import { ControlError } from './delimited-messages.js';
import { sourceTable, type SourceState } from './handshake/index.js';
import { quoted } from './terminal-text.js';
import type {
  CourseChange,
  MigrationEnd,
  OperatorCourse,
  OperatorPass,
  OperatorStatus,
} from './operator-messages.js';

type Fields = Readonly<Record<string, unknown>>;

const courseFields = {
  precopyIterations: isCount,
  precopyThreshold: isCount,
  maxDowntimeMilliseconds: isAmount,
  abortIfBusy: () => true,
  timeoutMilliseconds: isAmount,
  timeoutAction: (value) => value === 'suspend' || value === 'abort',
  bandwidth: isAmount,
  bandwidthAlways: () => true,
} satisfies Record<keyof OperatorCourse, (value: unknown) => boolean>;

const passKinds: readonly OperatorPass['kind'][] = ['precopy', 'remainder', 'stop-and-copy', 'verify'];

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** @throws ControlError malformed */
export function courseFromWire(fields: Fields): OperatorCourse {
  const course = present(fields);
  for (const [name, value] of Object.entries(course)) {
    check(
      courseFields[name as keyof OperatorCourse](value),
      `a course whose ${name} is ${quoted(String(value))}`,
    );
  }
  return course;
}

export function changeOnWire(change: CourseChange) {
  const given = Object.entries(change);
  const unset = given.filter(([, value]) => value === null).map(([name]) => name);
  const course = Object.fromEntries(given.filter(([, value]) => value !== null));
  return { kind: 'set' as const, course, unset };
}

/** @throws ControlError malformed */
export function changeFromWire(fields: object): CourseChange {
  const { course, unset } = fields as { course: Fields | null; unset: string[] };
  const change = courseFromWire(course ?? {});
  for (const name of unset) {
    check(Object.hasOwn(courseFields, name), `nothing of a course is called ${quoted(name)}`);
    check(!Object.hasOwn(change, name), `${name} is set and unset at once`);
  }
  return { ...change, ...Object.fromEntries(unset.map((name) => [name, null])) };
}

/** Characters of a text at most, so that no message outgrows its limit: a command may be of any length. */
export const LONGEST_OPERATOR_TEXT = 2000;

/** The same with its texts cut to what may be sent. */
export function cut<T>(value: T): T {
  if (typeof value === 'string') return (value as string).slice(0, LONGEST_OPERATOR_TEXT) as T;
  if (Array.isArray(value)) return value.map(cut) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cut(each)])) as T;
}

/** @throws ControlError malformed */
export function statusFromWire(fields: Fields): OperatorStatus {
  const status = present(fields);
  const { phase, pass, course } = status;
  check(
    typeof phase === 'string' && Object.hasOwn(sourceTable, phase),
    `no phase is called ${quoted(String(phase))}`,
  );
  check(course !== null && course !== undefined, 'a status without its course');
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
    course: courseFromWire(course as Fields),
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

/** Without what protobufjs says of absent messages: null. */
function present(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ControlError('malformed', what);
}
