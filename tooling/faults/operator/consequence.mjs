// The domain at either end, and the migration, after an operator's command was or was not done.
import { between } from '../states.mjs';
import { targetTable } from '@mig/protocol/handshake';
import { commands, RENAMED } from './commands.mjs';

/** @import { OperatorStratum } from './strata.mjs' */
/** @import { Found } from './standings.mjs' */

/**
 * @typedef {object} End
 * @property {string} source what `xl list` shows there: name and state
 * @property {string} target
 * @property {string} third
 * @property {number | string} status of `xl migrate`
 * @property {boolean} [isGone] it says that the domain is no longer there
 */

const NOTHING = 'nothing';
/** @type {End} */
const here = { source: 'busy running', target: NOTHING, third: NOTHING, status: 1 };
/** @type {End} */
const there = { source: NOTHING, target: 'busy running', third: NOTHING, status: 0 };
const orphan = { target: NOTHING, third: NOTHING, status: 'SIGKILL' };

/**
 * The end of the case without its operator.
 * @param {OperatorStratum} stratum
 * @returns {End}
 */
function undisturbed({ point, operator }) {
  if (operator.orphaned) {
    return { ...orphan, source: point.name === 'ready' ? 'busy suspended' : 'busy--migratedaway suspended' };
  }
  return point.scene === undefined ? there : here;
}

/**
 * @param {OperatorStratum} it
 * @param {{ standing: Found, verdict: string }} situation of the command's act
 * @returns {End[]} the possible ends
 */
export function consequence(it, { standing, verdict }) {
  const base = undisturbed(it);
  const { operator } = it;
  const command = commands[operator.command];
  if (verdict !== 'does') return [base];
  const { end } = operator;
  switch (command.row) {
    case 'pause':
      return [paused(base)];
    case 'rename':
      return [{ ...base, [end]: base[end].replace(/^\S+/, RENAMED) }];
    case 'resume':
    case 'resume --force':
      return [{ ...base, source: 'busy running' }];
    case 'destroy':
      return destroyed(base, end, standing);
    case 'save':
      return [command.guest === 'ends' ? elsewhere(base, end) : base];
    case 'migrate':
      return [elsewhere(base, end)];
    case 'create':
      return made(it, base, standing);
    default:
      return [base];
  }
}

/**
 * The end if the domain is paused: it arrives, or comes back, paused.
 * @param {End} base
 * @returns {End}
 */
function paused(base) {
  /** @param {string} domains */
  const still = (domains) => domains.replace('running', 'paused');
  return { ...base, source: still(base.source), target: still(base.target), third: still(base.third) };
}

/**
 * @param {End} base
 * @param {'source' | 'target'} end
 * @returns {End}
 */
const elsewhere = (base, end) => ({ ...base, [end]: NOTHING, third: 'busy running' });

/**
 * @param {End} base
 * @param {'source' | 'target'} end
 * @param {Found} standing
 * @returns {End[]}
 */
function destroyed(base, end, standing) {
  if (standing === 'incoming') return [here];
  const gone = { ...base, [end]: NOTHING };
  // An end that is over hears nothing of it.
  if (end === 'target' || ['abandoned', 'away'].includes(standing)) return [gone];
  if (standing === 'free') return [gone, { ...gone, isGone: true }];
  return [{ ...gone, target: NOTHING, status: 1, isGone: true }];
}

/**
 * The ends if another domain with its UUID or its name exists where it would arrive or be taken back.
 * @param {OperatorStratum} stratum
 * @param {End} base
 * @param {Found} standing
 * @returns {End[]}
 */
function made({ point, operator }, base, standing) {
  if (operator.when === 'over' || operator.orphaned) return [base];
  if (operator.end === 'target') {
    const isBefore = between(targetTable, point.target).some((state) =>
      ['greeting', 'restoring'].includes(state),
    );
    return standing === 'incoming' || isBefore ? [here] : [base];
  }
  if (standing !== 'sent' || point.scene === undefined) return [base];
  // It comes back without its name: no second domain is made with a UUID that was sent away.
  return [{ ...base, source: 'busy--migratedaway running' }];
}
