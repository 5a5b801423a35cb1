/**
 * Kinds of arguments and of options' values, by the names that the program gives them: what a completion offers.
 */

/** @import { ArgumentEntry, OptionEntry } from './commands.mjs' */

/** @typedef {'domains' | 'files' | 'hosts' | 'commands' | 'none'} Kind */

/** @type {Readonly<Record<string, Kind>>} */
const kinds = {
  domain: 'domains',
  domains: 'domains',
  file: 'files',
  path: 'files',
  config: 'files',
  checkpoint: 'files',
  from: 'files',
  to: 'files',
  page: 'files',
  operands: 'files',
  host: 'hosts',
  names: 'commands',
};

/** @param {ArgumentEntry | OptionEntry} entry @returns {Kind} */
export function kindOf(entry) {
  const name = 'variadic' in entry ? entry.name : (entry.value ?? '');
  return kinds[name.toLowerCase()] ?? 'none';
}
