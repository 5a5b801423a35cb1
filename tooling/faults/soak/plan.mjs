// What is to happen in a round of the soak: by the seed alone, whatever the machine makes of it.
import { sourceTable } from '@mig/protocol/handshake';
import { Random } from '../../fuzz/random.mjs';
import { commands } from '../operator/commands.mjs';
import { isPossible } from '../operator/process.mjs';

/**
 * @typedef {import('@mig/protocol/handshake').SourceState | 'before' | 'over'} When before the migration, once it has
 *   entered a state, or once it is over
 * @typedef {{ kind: 'command', command: string, at: 'source' | 'target', looks?: When, acts: When, killed: boolean }} Act
 * @typedef {{ kind: 'kill', victim: Victim, acts: When }} Kill
 * @typedef {'xl migrate' | 'xl-receive' | 'domain'} Victim
 * @typedef {object} Plan
 * @property {number} target which of the other hosts
 * @property {string[]} options of `xl migrate`
 * @property {(Act | Kill)[]} acts
 * @property {{ victim: Victim, acts: When } | undefined} stop a toolstack that is stopped from then on until the
 *   commands that act then have ended
 * @property {number} descriptors
 */

/** Only where the target has failed. */
const seldom = ['awaiting-permission-back', 'taking-back', 'taken-back'];
/** @type {When[]} in order */
export const moments = [
  'before',
  ...Object.keys(sourceTable).filter((state) => !seldom.includes(state)),
  'over',
];

/**
 * Not `resume --force`: whoever gives it to a domain that is away looks at the other host first, as they do who recover
 * it after the round.
 */
const names = Object.keys(commands).filter(
  (name) => name !== 'resume --force' && isPossible(commands[name].hindrance),
);
/** How often what ends the guest, or keeps it from moving, is drawn again. */
const rare = ['destroy', 'save', 'migrate elsewhere', 'create of its UUID', 'create of its name'];
const victims = ['xl migrate', 'xl-receive', 'xl migrate', 'xl-receive', 'domain'];
const rates = [[], ['--bandwidth', '40MB/s'], ['--bandwidth', '15MB/s']];

/** @returns {Plan} the same for the same seed and round */
export function planOf(seed, round) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + round);
  const when = (from = 0) => random.from(from, moments.length - 1);
  const stop = random.chance(0.7)
    ? { victim: random.pick(['xl migrate', 'xl-receive']), acts: moments[random.from(1, moments.length - 2)] }
    : undefined;
  const acts = Array.from({ length: random.from(1, 4) }, () => {
    let command = random.pick(names);
    if (rare.includes(command)) command = random.pick(names);
    const [first, last] = [when(), when()].sort((a, b) => a - b);
    const second = stop !== undefined && random.chance(0.7) ? moments.indexOf(stop.acts) : last;
    const isHeld = commands[command].acts !== undefined && random.chance(0.5);
    return {
      kind: 'command',
      command,
      at: random.chance(0.5) ? 'source' : 'target',
      ...(isHeld && { looks: moments[Math.min(first, second)] }),
      acts: moments[second],
      killed: random.chance(0.1),
    };
  });
  if (random.chance(0.35)) acts.push({ kind: 'kill', victim: random.pick(victims), acts: moments[when(1)] });
  return {
    target: random.below(2),
    options: ['-d', '1000000', ...random.pick(rates)],
    acts,
    stop,
    descriptors: random.below(4),
  };
}

export function describePlan({ acts, stop }) {
  const stopped = stop === undefined ? [] : [`${stop.victim} stopped at ${stop.acts} for a while`];
  return [...stopped, ...acts.map(describeAct)].join('; ');
}

function describeAct(act) {
  if (act.kind === 'kill') return `${act.victim} killed at ${act.acts}`;
  const { command, at, looks, acts, killed } = act;
  const since = looks === undefined ? '' : ` which looked at ${looks}`;
  return `${command} at the ${at}${since}, at ${acts}${killed ? ', killed as it acts' : ''}`;
}
