/** `xl migrate-switchover`, `xl migrate-abort`, `xl migrate-set` */
import type { CourseChange, MigrationEnd } from '@mig/sender/operator';
import type { Context } from '../commands/context.js';
import { millisecondsText } from '../migrate/figures.js';
import { ExitStatus } from '../output/exit-status.js';
import { bandwidthWords, goalWords, limitWords } from './course-words.js';
import { ask, findMigration } from './find-migration.js';
import { endSentences } from './status-words.js';

export async function migrateSwitchover(context: Context, domain: string, now: boolean): Promise<void> {
  const migration = await findMigration(context, domain);
  const status = await ask(migration, (client) => client.switchover({ now }));
  const { estimatedDowntimeMilliseconds: downtime } = status;
  const estimate = downtime === undefined ? '' : `, for about ${millisecondsText(downtime)}`;
  context.output.line(`${status.domain} is going to be suspended${estimate}.`);
}

/** Where the domain stays here. */
const stays: readonly MigrationEnd['outcome'][] = ['untouched', 'keeps-running', 'resumed'];

export async function migrateAbort(context: Context, domain: string): Promise<void> {
  const migration = await findMigration(context, domain);
  const end = await ask(migration, (client) => client.abort());
  const { output } = context;
  if (stays.includes(end.outcome)) {
    output.line(`${migration.record.domain} was not migrated.`);
    // Its own words only where it was another cause that came first.
    if (end.exitStatus !== ExitStatus.aborted) output.line(`${end.message}.`);
    for (const line of end.advice) output.line(line);
    return;
  }
  if (end.outcome === 'moved') output.line('It was too late to abort.');
  for (const line of endSentences(migration.record, end)) output.line(line);
  context.exitStatus = ExitStatus.failure;
}

export async function migrateSet(context: Context, domain: string, change: CourseChange): Promise<void> {
  const migration = await findMigration(context, domain);
  const course = await ask(migration, (client) => client.set(change));
  const { output } = context;
  output.line(`goals      ${goalWords(course)}`);
  output.line(`limits     ${limitWords(course)}`);
  output.line(`bandwidth  ${bandwidthWords(course)}`);
}
