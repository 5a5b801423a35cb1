/** Finds the running migration that the operator named. */
import { isMeant } from '@mig/hypervisor';
import {
  connectOperator,
  MigrationFolder,
  type MigrationRecord,
  type OperatorClient,
  OperatorError,
} from '@mig/operator';
import type { Context } from '../host/context.js';
import { whyElsewhere } from '../host/domain-hints.js';
import { findDomain } from '../host/find-domain.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export interface FoundMigration {
  readonly record: MigrationRecord;
  readonly socketPath: string;
}

export async function runningMigrations(context: Context): Promise<FoundMigration[]> {
  const host = await context.openHost();
  const folder = new MigrationFolder(host.info().stateFolder);
  return folder.migrations().map((record) => ({ record, socketPath: folder.socketOf(record.domid) }));
}

/**
 * @param domain a domid or a name: either that at the start of the migration or the present one
 * @throws Failure where it is not being migrated
 */
export async function findMigration(context: Context, domain: string): Promise<FoundMigration> {
  const migrations = await runningMigrations(context);
  const found = migrations.find(({ record }) =>
    isMeant({ domid: record.domid, name: record.domain }, domain),
  );
  if (found !== undefined) return found;
  const there = findDomain(await context.openHost(), domain);
  const { domid, name, standing } = there;
  const renamed = migrations.find(({ record }) => record.domid === domid);
  if (renamed !== undefined) return renamed;
  if (standing === 'taken' || standing === 'suspended')
    throw new Failure(`${name} is being saved, or migrated by another toolstack: mig has no say in that`);
  throw new Failure(whyElsewhere(there) ?? `${name} is not being migrated`);
}

/**
 * Asks a migration once, then closes the connection.
 * @throws Failure for what it refuses
 */
export async function ask<T>(
  { record, socketPath }: FoundMigration,
  question: (client: OperatorClient) => Promise<T>,
): Promise<T> {
  let client: OperatorClient | undefined;
  try {
    client = await connectOperator(socketPath);
    return await question(client);
  } catch (error) {
    throw error instanceof OperatorError ? inWords(record, error) : error;
  } finally {
    client?.close();
  }
}

function inWords({ domain, pid }: MigrationRecord, error: OperatorError): Failure {
  const { code, message } = error;
  const status = code === 'bad-value' || code === 'bad-request' ? ExitStatus.usage : ExitStatus.failure;
  return new Failure(wordsFor(), status, { cause: error });

  function wordsFor(): string {
    if (code === 'gone')
      return `process ${pid}, which migrated ${domain}, is gone or does not listen: see 'xl list'`;
    if (code === 'silent') return `process ${pid}, which migrates ${domain}, does not answer (${message})`;
    return code === 'first-pass' ? `${message}; use --now to do it anyway` : message;
  }
}
