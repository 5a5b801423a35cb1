/**
 * Files that let two machines of one run reach each other by ssh, without a question: keys, names,
 * addresses.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';

/** @param {string} path */
function makeKey(path) {
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mig-xen-lab', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8');
}

/**
 * @param {string} folder becomes each machine's /root/.ssh; the machines share one key of each kind
 * @param {{ name: string, address: string }[]} hosts
 */
export function makeKeys(folder, hosts) {
  mkdirSync(folder);
  const names = hosts.map(({ name }) => name).join(',');
  makeKey(join(folder, 'id_ed25519'));
  copyFileSync(join(folder, 'id_ed25519.pub'), join(folder, 'authorized_keys'));
  writeFileSync(join(folder, 'known_hosts'), `${names} ${makeKey(join(folder, 'host_key'))}`);
  // An emulated machine may be slow in a handshake.
  writeFileSync(join(folder, 'config'), 'BatchMode yes\nCheckHostIP no\nConnectTimeout 60\n');
  const lines = hosts.map(({ name, address }) => `${address.split('/')[0]} ${name}\n`);
  writeFileSync(join(folder, 'hosts'), lines.join(''));
}
