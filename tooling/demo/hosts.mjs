// Hosts of the embedded hypervisor, and the programs that run there.
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, folder: string }} Host */

/** @param {string} app */
export const program = (app) => fileURLToPath(new URL(`../../apps/${app}/bin/${app}.js`, import.meta.url));

/** @param {Host} host */
export const environment = (host) => ({ ...process.env, MIG_HOST_DIR: host.folder });

/**
 * The command that receives a domain at a host: with an empty ssh command it stands in a host's place.
 * @param {Host} host
 */
export const receiver = (host) =>
  `MIG_HOST_DIR=${host.folder} exec ${process.execPath} ${program('xl-receive')}`;
