// Plans a round of the soak, from the seed alone.
import { sourceTable } from '@mig/protocol/handshake';
import { Random } from '../../fuzz/random.mjs';
import { commandNames, commands } from '../operator/commands.mjs';
import { isPossible } from '../operator/process.mjs';

/** @import { SourceState } from '@mig/protocol/handshake' */
/** @import { CommandName } from '../operator/commands.mjs' */

/**
 * @typedef {SourceState | 'before' | 'over'} When before the migration, once it has
 *   entered a state, or once it is over
 * @typedef {{ kind: 'command', command: CommandName, at: 'source' | 'target', looks?: When, acts: When, killed: boolean }} Act
 * @typedef {{ kind: 'kill', victim: Victim, acts: When }} Kill
 * @typedef {'xl migrate' | 'xl-receive'} Toolstack
 * @typedef {Toolstack | 'domain'} Victim
 * @typedef {object} Plan
 * @property {number} target which of the other hosts
 * @property {string[]} options of `xl migrate`
 * @property {(Act | Kill)[]} acts
 * @property {{ victim: Toolstack, acts: When } | undefined} stop a toolstack that is stopped from then on until the
 *   commands that act then have ended
 * @property {number} descriptors
 */

/** States that occur only after a failure of the target. @type {SourceState[]} */
const seldom = ['awaiting-permission-back', 'taking-back', 'taken-back'];
/** @type {When[]} in order */
export const points = [
  'before',
  .../** @type {SourceState[]} */ (Object.keys(sourceTable)).filter((state) => !seldom.includes(state)),
  'over',
];

/**
 * All commands but `resume --force`: its user must first look at the other host, as the recovery after the round
 * does.
 */
const names = commandNames.filter(
  (name) => name !== 'resume --force' && isPossible(commands[name].hindrance),
);
/** Commands that end the guest, or keep it from migrating, and are drawn less often. @type {CommandName[]} */
const rare = ['destroy', 'save', 'migrate elsewhere', 'create of its UUID', 'create of its name'];
/** @type {Toolstack[]} */
const toolstacks = ['xl migrate', 'xl-receive'];
/** @type {Victim[]} */
const victims = ['xl migrate', 'xl-receive', 'xl migrate', 'xl-receive', 'domain'];
/** @type {string[][]} */
const rates = [[], ['--bandwidth', '40MB/s'], ['--bandwidth', '15MB/s']];

/** @param {number} number in `points` */
const pointAt = (number) => /** @type {When} */ (points[number]);

/**
 * @param {number} seed
 * @param {number} round
 * @returns {Plan} the same for the same seed and round
 */
export function planOf(seed, round) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + round);
  const when = (from = 0) => random.from(from, points.length - 1);
  const stop = random.chance(0.7)
    ? { victim: random.pick(toolstacks), acts: random.pick(points.slice(1, -1)) }
    : undefined;
  /** @type {(Act | Kill)[]} */
  const acts = Array.from({ length: random.from(1, 4) }, () => {
    let command = random.pick(names);
    if (rare.includes(command)) command = random.pick(names);
    const two = [when(), when()];
    const [first, last] = [Math.min(...two), Math.max(...two)];
    const second = stop !== undefined && random.chance(0.7) ? points.indexOf(stop.acts) : last;
    const isHeld = commands[command].acts !== undefined && random.chance(0.5);
    return {
      kind: 'command',
      command,
      at: random.chance(0.5) ? 'source' : 'target',
      ...(isHeld && { looks: pointAt(Math.min(first, second)) }),
      acts: pointAt(second),
      killed: random.chance(0.1),
    };
  });
  if (random.chance(0.35)) acts.push({ kind: 'kill', victim: random.pick(victims), acts: pointAt(when(1)) });
  return {
    target: random.below(2),
    options: ['-d', '1000000', ...random.pick(rates)],
    acts,
    stop,
    descriptors: random.below(4),
  };
}

/** @param {Plan} plan */
export function describePlan({ acts, stop }) {
  const stopped = stop === undefined ? [] : [`${stop.victim} stopped at ${stop.acts} for a while`];
  return [...stopped, ...acts.map(describeAct)].join('; ');
}

/** @param {Act | Kill} act */
function describeAct(act) {
  if (act.kind === 'kill') return `${act.victim} killed at ${act.acts}`;
  const { command, at, looks, acts, killed } = act;
  const since = looks === undefined ? '' : ` which looked at ${looks}`;
  return `${command} at the ${at}${since}, at ${acts}${killed ? ', killed as it acts' : ''}`;
}
