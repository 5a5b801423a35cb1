/** `--json` of the control commands: an object a line. docs/xl.md describes it; other fields, another number. */
import type { MigrationEnd, MigrationRecord, OperatorCourse, OperatorStatus } from '@mig/sender/operator';

const schema = 1;

export function statusLine(status: OperatorStatus): string {
  return JSON.stringify({ schema, event: 'status', ...status });
}

export function endLine({ domid, domain, target }: MigrationRecord, end: MigrationEnd): string {
  return JSON.stringify({ schema, event: 'end', domid, domain, target, ...end });
}

export function courseLine({ domid, domain, target }: MigrationRecord, course: OperatorCourse): string {
  return JSON.stringify({ schema, event: 'course', domid, domain, target, course });
}

export function noAnswerLine(record: MigrationRecord, why: string): string {
  return JSON.stringify({ schema, event: 'no-answer', ...record, why });
}
