/** What the folder of an embedded host keeps when nothing goes on in it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MigrationFolder } from '@mig/operator';

/** Its mark, domains, lock and next domid; what suspends and waits for targets have cost; where running migrations listen. */
const kept =
  'mig-host domains lock next-domid suspend-costs.json start-waits.json line-rates.json migrations'.split(
    ' ',
  );

/** @param {string} folder @returns {string[]} names of what should not be there; domains are somebody else's to judge */
export function remnantsIn(folder) {
  // What a toolstack that was killed has left there is forgotten when somebody looks.
  new MigrationFolder(folder).migrations();
  const migrations = join(folder, 'migrations');
  const sockets = existsSync(migrations) ? readdirSync(migrations) : [];
  return [
    ...readdirSync(folder).filter((name) => !kept.includes(name)),
    ...sockets.map((name) => `migrations/${name}`),
  ];
}
