// Possible standings of a domain at a point, by the states of both ends.
import { sourceTable, targetTable } from '@mig/protocol/handshake';
import { between, byAnything, closure } from '../states.mjs';

/** @import { SourceState, Standing, TargetState } from '@mig/protocol/handshake' */
/** @import { OperatorStratum } from './strata.mjs' */

/** @typedef {Standing | 'unknown' | 'none'} Found how a domain stands, as far as its owner says, or that there is none */

/** @type {Readonly<Record<SourceState, readonly Found[]>>} */
const source = {
  'awaiting-banner': ['taken'],
  precopy: ['taken'],
  suspending: ['taken', 'suspended'],
  'stop-and-copy': ['suspended'],
  'awaiting-ready': ['suspended'],
  'renaming-away': ['suspended', 'sent'],
  'giving-permission': ['sent'],
  'awaiting-report': ['sent'],
  'awaiting-permission-back': ['sent'],
  'taking-back': ['sent', 'taken', 'free'],
  destroying: ['sent', 'none'],
  completed: ['none'],
  'taken-back': ['taken', 'free'],
};

/** @type {Readonly<Record<TargetState, readonly Found[]>>} */
const target = {
  greeting: ['none'],
  restoring: ['incoming', 'none'],
  'awaiting-permission': ['incoming'],
  starting: ['incoming', 'taken', 'free', 'none'],
  'reporting-success': ['taken', 'free'],
  'reporting-failure': ['incoming', 'none'],
  'destroying-copy': ['incoming', 'none'],
  'giving-back': ['none'],
  completed: ['free'],
  'given-back': ['none'],
};

/**
 * Tells whether the migration goes on while the command acts, so that its progress is unknown.
 * @param {OperatorStratum} stratum
 */
export function isRaced({ point: { block, until, scene }, operator: { end, when, orphaned } }) {
  if (when === 'over' || orphaned) return false;
  if (block?.startsWith(end)) return true;
  return (
    (until !== undefined && 'source' in until && block === undefined) ||
    (scene !== undefined && end === 'target')
  );
}

/**
 * @param {OperatorStratum} it
 * @returns {Found[]} possible standings of the domain at the operator's end
 */
export function standingsAt(it) {
  const { point, operator } = it;
  const { end, when, orphaned } = operator;
  const isBack = point.scene !== undefined;
  if (orphaned) return [point.name === 'ready' ? 'abandoned' : 'away'];
  if (when === 'over') return [(end === 'source') === isBack ? 'free' : 'none'];
  const all =
    end === 'source'
      ? foundIn(sourceTable, source, point.source, isRaced(it))
      : foundIn(targetTable, target, point.target, isRaced(it));
  // Once the copy is begun it exists as long as the line is held.
  if (!isRaced(it) && hasCopy(point) && end === 'target' && all.has('incoming')) all.delete('none');
  // A toolstack releases it in the end.
  if (isRaced(it) && all.has('taken')) all.add('free');
  return [...all];
}

/**
 * @template {string} State
 * @param {import('../states.mjs').Table<State>} table
 * @param {Readonly<Record<State, readonly Found[]>>} found
 * @param {readonly [State, State]} range
 * @param {boolean} raced
 */
function foundIn(table, found, range, raced) {
  const states = between(table, range);
  const possible = raced ? closure(table, states, byAnything) : states;
  return new Set(possible.flatMap((state) => found[state]));
}

/**
 * Tells whether the target has read the configuration: then its copy comes.
 * @param {import('../injection-points.mjs').InjectionPoint} point
 */
function hasCopy({ at, source: [state] }) {
  return state !== 'awaiting-banner' && !(at?.direction === 'forward' && at.rank <= 0);
}
