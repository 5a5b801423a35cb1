import type { Host } from '@mig/hypervisor';
import type { OperatorStatus } from '@mig/operator';
import { runningMigrations } from '../control/find-migration.js';
import { statusOrWhyNot } from '../control/status.js';
import type { Context } from '../host/context.js';

/** Statuses of the migrations that run at this host, by the UUID of the domain. */
export type Statuses = ReadonlyMap<string, OperatorStatus>;

/** Asks all migrations of this host; one that does not answer is left out. */
export async function statusesOf(context: Context, host: Host): Promise<Statuses> {
  const migrations = await runningMigrations(context);
  const uuids = new Map(host.list().map(({ domid, uuid }) => [domid, uuid]));
  const answers = await Promise.all(migrations.map(statusOrWhyNot));
  return new Map(
    answers.flatMap((answer, i) =>
      'why' in answer ? [] : [[uuids.get(migrations[i]!.record.domid) ?? '', answer] as const],
    ),
  );
}
