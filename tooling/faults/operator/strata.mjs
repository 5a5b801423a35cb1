// The operator's actions, enumerated: each command at every point of a migration, at either end; at once,
// or after a look at an earlier point.
import { backwardPoints, forwardPoints, heldPoints } from '../injection-points.mjs';
import { commandNames, commands } from './commands.mjs';

/** @typedef {import('../injection-points.mjs').InjectionPoint} InjectionPoint */
/**
 * @typedef {object} Operator
 * @property {import('./commands.mjs').CommandName} command
 * @property {'source' | 'target'} end
 * @property {Look | undefined} [look] the point at which the command looks; without it, it looks when it acts
 * @property {'over'} [when] acts once the migration is over
 * @property {true} [orphaned] acts once `xl migrate` has been killed at the point, and the line is cut
 */
/** @typedef {'before' | 'restoring' | 'ready' | 'permission'} Look */
/** @typedef {{ point: InjectionPoint, operator: Operator, fault?: undefined }} OperatorStratum */

const all = [...forwardPoints, ...backwardPoints, ...heldPoints];
/** @param {string} name */
const named = (name) => all.find((point) => point.name === name) ?? fail(name);
/** @param {string} name @returns {never} */
function fail(name) {
  throw new Error(`no such point: ${name}`);
}

/** Names of the commands that look first. */
const heldNames = commandNames.filter((name) => commands[name].acts !== undefined);

/** One place in a part is as good as another. */
const forward = [
  'xl header, configuration',
  'STATIC_DATA_END',
  'first pass, pages',
  'later pass, pages',
  'last pass, pages',
  'END',
  'EMULATOR_CONTEXT, context',
  'libxl END',
  'permission',
].map(named);

/**
 * Tells whether an end can answer; for one that is held see `together`.
 * @param {InjectionPoint} point
 * @param {'source' | 'target'} end
 */
const isFree = ({ block }, end) => block === undefined || !block.startsWith(end);

const ends = /** @type {const} */ (['source', 'target']);
const atOnce = [...forward, ...backwardPoints, ...heldPoints].flatMap((point) =>
  ends
    .filter((end) => isFree(point, end))
    .flatMap((end) => commandNames.map((command) => ({ point, operator: { command, end } }))),
);

/** @type {readonly Look[]} in order */
const looks = ['before', 'restoring', 'ready', 'permission'];
/** Points of looks: before the migration there is nothing to look at on the target. */
const looksAt = { source: looks, target: looks.slice(1) };

/** Points of the acts, and the number of looks that come before. */
const acts = /** @type {[string, number][]} */ ([
  ['first pass, pages', 2],
  ['suspending', 2],
  ['ready', 2],
  ['renaming away', 3],
  ['permission', 3],
  ['starting', 4],
  ['report', 4],
  ['destroying', 4],
  ['permission back of failure', 4],
  ['taking back', 4],
]).map(([name, earlier]) => ({ point: named(name), earlier, when: {} }));
const afterwards = ['target completed', 'permission back of failure'].map((name) => ({
  point: named(name),
  earlier: 4,
  when: { when: /** @type {const} */ ('over') },
}));

/** Cases with a look. From its look on `xl migrate` prevents any other: at the source, the campaign's own. */
const fromALook = [...acts, ...afterwards].flatMap(({ point, earlier, when }) =>
  ends.flatMap((end) =>
    looksAt[end]
      .slice(0, looksAt[end].length - looks.length + earlier)
      .flatMap((look) =>
        heldNames
          .filter((command) => commands[command].row !== 'migrate' || end === 'target')
          .map((command) => ({ point, operator: { command, end, look, ...when } })),
      ),
  ),
);

/** Cases with a dead `xl migrate`: it leaves the domain abandoned, or away. */
const orphaned = ['ready', 'permission'].flatMap((name) =>
  commandNames.map((command) => ({
    point: named(name),
    operator: { command, end: /** @type {const} */ ('source'), orphaned: /** @type {const} */ (true) },
  })),
);

/** @type {readonly OperatorStratum[]} */
export const operatorStrata = [...atOnce, ...fromALook, ...orphaned];

/** @param {Operator} operator */
export function describeOperator({ command, end, look, when, orphaned: isOrphaned }) {
  const since = look === undefined ? '' : `, which looked ${lookWords[look]}`;
  const late = when === undefined ? '' : ', once it is over';
  return `${command} at the ${end}${since}${late}${isOrphaned ? ', once xl migrate is killed' : ''}`;
}

const lookWords = {
  before: 'before it began',
  restoring: 'in the first pass',
  ready: 'at ready',
  permission: 'at permission',
};
