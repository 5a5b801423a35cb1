/** Files that the folder of an idle embedded host keeps. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MigrationFolder } from '@mig/operator';

/**
 * Names kept: its mark, domains, lock and next domid; costs of suspends and of waits for targets; what has moved;
 * the folders of running migrations and of arrivals; the mark of a host that takes none; the journal of its evacuations.
 */
const kept =
  'mig-host domains lock next-domid suspend-costs.json start-waits.json line-rates.json moved.json migrations arrivals cordon.json evacuation'.split(
    ' ',
  );

/**
 * @param {string} folder
 * @returns {string[]} names that should not be there; domains are judged elsewhere
 */
export function remnantsIn(folder) {
  // Files of a killed toolstack are removed when somebody looks.
  new MigrationFolder(folder).migrations();
  const migrations = join(folder, 'migrations');
  const sockets = existsSync(migrations) ? readdirSync(migrations) : [];
  return [
    ...readdirSync(folder).filter((name) => !kept.includes(name)),
    ...sockets.map((name) => `migrations/${name}`),
  ];
}
