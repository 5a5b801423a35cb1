// The operator's commands, as words for `xl`, and the row of the product's table that decides each.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UUID } from '../guests.mjs';

const OTHER_UUID = '8f14e45f-ceea-467f-a8f6-1d1c2b3a4c5d';

/** The name of the domain that an operator creates or restores beside the guest. */
export const OTHER = 'other';
export const RENAMED = 'renamed';

/**
 * @typedef {object} Scenery what the words are made of
 * @property {string} name of the domain, as it is called at the point of the look
 * @property {string} folder of the case, for files
 * @property {string} image of an idle domain that has the guest's UUID
 * @property {string} third the folder of a third host
 * @property {(host: string) => string} receive the command that receives there
 */

/**
 * @typedef {object} Command
 * @property {import('@mig/protocol/handshake').DomainCommand} row
 * @property {(scenery: Scenery) => string[]} words
 * @property {'main' | 'worker'} [acts] the thread in which it acts, where there is a look before the act
 * @property {Hindrance} [hindrance]
 * @property {'UUID' | 'name'} [makes] another domain, which has this of the guest's
 * @property {'moves' | 'ends' | 'stays' | 'fails'} [guest] what becomes of the guest that is saved or migrated
 */

/**
 * @param {Scenery} scenery
 * @param {string} name
 * @param {string} uuid
 */
const configuration = ({ folder }, name, uuid) => {
  const file = join(folder, 'other.cfg');
  const lines = [`name = "${name}"`, `uuid = "${uuid}"`, 'type = "wasm"', 'kernel = "idle"', 'memory = 1'];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};

/** @typedef {'pid namespace' | 'no proc' | 'no descriptors'} Hindrance */
/** @typedef {keyof typeof table} CommandName */

const table = /** @satisfies {Readonly<Record<string, Command>>} */ ({
  pause: { row: 'pause', acts: 'main', words: ({ name }) => ['pause', name] },
  unpause: { row: 'unpause', acts: 'main', words: ({ name }) => ['unpause', name] },
  rename: { row: 'rename', acts: 'main', words: ({ name }) => ['rename', name, RENAMED] },
  resume: { row: 'resume', acts: 'main', words: ({ name }) => ['resume', name] },
  'resume --force': {
    row: 'resume --force',
    acts: 'main',
    words: ({ name }) => ['resume', '--force', name],
  },
  destroy: { row: 'destroy', acts: 'main', words: ({ name }) => ['destroy', name] },
  save: {
    row: 'save',
    acts: 'worker',
    guest: 'ends',
    words: ({ name, folder }) => ['save', name, imageIn(folder)],
  },
  'save -c': {
    row: 'save',
    acts: 'worker',
    guest: 'stays',
    words: ({ name, folder }) => ['save', '-c', name, imageIn(folder)],
  },
  'save to a full disk': {
    row: 'save',
    acts: 'worker',
    guest: 'fails',
    words: ({ name }) => ['save', name, '/dev/full'],
  },
  'migrate elsewhere': {
    row: 'migrate',
    acts: 'worker',
    guest: 'moves',
    words: ({ name, third, receive }) => ['migrate', '-s', '', name, receive(third)],
  },
  'create of its UUID': {
    row: 'create',
    makes: 'UUID',
    words: (scenery) => ['create', '-q', configuration(scenery, OTHER, UUID)],
  },
  'create of its name': {
    row: 'create',
    makes: 'name',
    words: (scenery) => ['create', '-q', configuration(scenery, 'busy', OTHER_UUID)],
  },
  'restore of its UUID': {
    row: 'create',
    makes: 'UUID',
    words: ({ image }) => ['restore', image],
  },
  list: { row: 'list', words: () => ['list'] },
  'list in another pid namespace': { row: 'list', hindrance: 'pid namespace', words: () => ['list'] },
  'list with /proc hidden': { row: 'list', hindrance: 'no proc', words: () => ['list'] },
  'list without descriptors': { row: 'list', hindrance: 'no descriptors', words: () => ['list'] },
});

/** @type {Readonly<Record<CommandName, Command>>} */
export const commands = table;
export const commandNames = /** @type {CommandName[]} */ (Object.keys(table));

/**
 * Path of the image of an operator's `save`.
 * @param {string} folder
 */
export function imageIn(folder) {
  return join(folder, 'saved');
}
