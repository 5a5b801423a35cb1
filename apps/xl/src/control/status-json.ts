/**
 * `--json` of the control commands: one object a line. docs/xl.md describes it; the number changes with the
 * fields.
 */
import { type MigrationEnd, type MigrationRecord, type OperatorStatus, settingsOnWire } from '@mig/operator';
import type { Settings } from '@mig/sender/policy';

const schema = 1;

export function statusLine(status: OperatorStatus): string {
  return JSON.stringify({ schema, event: 'status', ...status, course: settingsOnWire(status.course) });
}

export function endLine({ domid, domain, target }: MigrationRecord, end: MigrationEnd): string {
  return JSON.stringify({ schema, event: 'end', domid, domain, target, ...end });
}

export function settingsLine({ domid, domain, target }: MigrationRecord, settings: Settings): string {
  return JSON.stringify({ schema, event: 'course', domid, domain, target, course: settingsOnWire(settings) });
}

export function noAnswerLine(record: MigrationRecord, why: string): string {
  return JSON.stringify({ schema, event: 'no-answer', ...record, why });
}
