/** `xl migrate-status`. */
import type { OperatorStatus } from '@mig/operator';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { terminalAt } from '../output/terminal.js';
import { ask, findMigration, type FoundMigration, runningMigrations } from './find-migration.js';
import { noAnswerLine, statusLine } from './status-json.js';
import { statusTable } from './status-table.js';
import { statusParagraph } from './status-words.js';
import { watch } from './watch.js';

export interface StatusOptions {
  readonly json?: true;
  readonly watch?: true;
}

export async function migrateStatus(
  context: Context,
  domain: string | undefined,
  options: StatusOptions,
): Promise<void> {
  if (options.watch) {
    await watch(context, await one(context, domain), options.json === true);
  } else if (domain === undefined) {
    await statusOfAll(context, options.json === true);
  } else {
    const status = await ask(await findMigration(context, domain), (client) => client.status());
    if (options.json) context.output.line(statusLine(status));
    else for (const line of statusParagraph(status)) context.output.line(line);
  }
}

async function one(context: Context, domain: string | undefined): Promise<FoundMigration> {
  if (domain !== undefined) return findMigration(context, domain);
  const migrations = await runningMigrations(context);
  const [only] = migrations;
  if (only === undefined) throw new Failure('no domain is being migrated');
  if (migrations.length === 1) return only;
  const names = migrations.map(({ record }) => record.domain).join(', ');
  throw new Failure(`migrate-status --watch: say which of ${names}`, ExitStatus.usage);
}

async function statusOfAll(context: Context, json: boolean): Promise<void> {
  const { output } = context;
  const answers = await Promise.all((await runningMigrations(context)).map(statusOrWhyNot));
  if (json) {
    for (const answer of answers) {
      output.line('why' in answer ? noAnswerLine(answer.record, answer.why) : statusLine(answer));
    }
  } else if (answers.length === 0) {
    output.line('no domain is being migrated');
  } else {
    const width = context.terminal ? terminalAt(1).width : Infinity;
    for (const line of statusTable(answers, width)) output.line(line);
  }
}

export type NoAnswer = { readonly record: FoundMigration['record']; readonly why: string };

/** The status of a migration, or why it does not answer: that must not hide the others. */
export async function statusOrWhyNot(migration: FoundMigration): Promise<OperatorStatus | NoAnswer> {
  try {
    return await ask(migration, (client) => client.status());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { record: migration.record, why: error.message };
  }
}
