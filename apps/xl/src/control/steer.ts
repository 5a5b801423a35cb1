/** `xl migrate-switchover`, `xl migrate-abort` and `xl migrate-set`. */
import type { SettingsChange } from '@mig/operator';
import { optionOf, settingNames } from '@mig/sender/policy';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { bandwidthWords, goalWords, limitWords } from './settings-words.js';
import { downtimeWords } from '../output/downtime-words.js';
import { ask, findMigration } from './find-migration.js';
import { settingsLine, endLine, statusLine } from './status-json.js';
import { endSentences } from './status-words.js';

export interface SteerOptions {
  readonly json?: true | undefined;
}

export async function migrateSwitchover(
  context: Context,
  domain: string,
  { now, json }: SteerOptions & { readonly now?: true },
): Promise<void> {
  const migration = await findMigration(context, domain);
  const status = await ask(migration, (client) => client.switchover({ now: now === true }));
  if (json) return context.output.line(statusLine(status));
  const downtime = downtimeWords(status);
  const estimate = downtime === undefined ? '' : `, for ${downtime}`;
  context.output.line(`${status.domain} is going to be suspended${estimate}.`);
}

export async function migrateAbort(context: Context, domain: string, { json }: SteerOptions): Promise<void> {
  const migration = await findMigration(context, domain);
  const end = await ask(migration, (client) => client.abort());
  const { output } = context;
  if (!end.asBefore) context.exitStatus = ExitStatus.failure;
  if (json) return output.line(endLine(migration.record, end));
  if (end.asBefore) {
    output.line(`${migration.record.domain} was not migrated.`);
    // The migration's own words are shown only if another cause came first.
    if (end.exitStatus !== ExitStatus.aborted) output.line(`${end.message}.`);
    for (const line of end.advice) output.line(line);
    return;
  }
  if (end.outcome === 'moved') output.line('It was too late to abort.');
  for (const line of endSentences(migration.record, end)) output.line(line);
}

export async function migrateSet(
  context: Context,
  domain: string,
  change: SettingsChange,
  { json }: SteerOptions,
): Promise<void> {
  const migration = await findMigration(context, domain);
  const settings = await ask(migration, (client) => client.set(change));
  const unheard = settingNames.find(
    (name) => typeof change[name] === 'number' && settings[name] === undefined,
  );
  if (unheard !== undefined) {
    throw new Failure(
      `${optionOf(unheard)} is not known to the mig that migrates ${domain}, an older one: it changes nothing`,
    );
  }
  const { output } = context;
  if (json) return output.line(settingsLine(migration.record, settings));
  output.line(`goals      ${goalWords(settings)}`);
  output.line(`limits     ${limitWords(settings)}`);
  output.line(`bandwidth  ${bandwidthWords(settings)}`);
}
