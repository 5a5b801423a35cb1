// How a domain can stand with its owner at a moment, by the states that both ends are in.
import { sourceTable, targetTable } from '@mig/protocol/handshake';
import { between, byAnything, closure } from '../states.mjs';

/** @typedef {import('@mig/protocol/handshake').Standing | 'none'} Found how a domain stands, or that there is none */

/** @type {Readonly<Record<import('@mig/protocol/handshake').SourceState, readonly Found[]>>} */
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

/** @type {Readonly<Record<import('@mig/protocol/handshake').TargetState, readonly Found[]>>} */
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

const tables = { source: [sourceTable, source], target: [targetTable, target] };

/** Whether the migration goes on while the command acts, and nobody can say how far it is. */
export function isRaced({ moment: { grip, until, scene }, operator: { end, when, orphaned } }) {
  if (when === 'over' || orphaned) return false;
  if (grip?.startsWith(end)) return true;
  return (
    (until !== undefined && 'source' in until && grip === undefined) ||
    (scene !== undefined && end === 'target')
  );
}

/**
 * @param {import('./strata.mjs').OperatorStratum} it
 * @returns {Found[]} how the domain may be found at the operator's end
 */
export function standingsAt(it) {
  const { moment, operator } = it;
  const { end, when, orphaned } = operator;
  const isBack = moment.scene !== undefined;
  if (orphaned) return [moment.name === 'ready' ? 'abandoned' : 'away'];
  if (when === 'over') return [(end === 'source') === isBack ? 'free' : 'none'];
  const [table, found] = tables[end];
  const states = between(table, moment[end]);
  const possible = isRaced(it) ? closure(table, states, byAnything) : states;
  const all = new Set(possible.flatMap((state) => found[state]));
  // Once the copy is begun it is there for as long as the line is held.
  if (!isRaced(it) && hasCopy(moment)) all.delete(end === 'target' && all.has('incoming') ? 'none' : '');
  // What a toolstack lets go of in the end.
  if (isRaced(it) && all.has('taken')) all.add('free');
  return [...all];
}

/** Whether the target has read the configuration: its copy comes, then. */
function hasCopy({ at, source: [state] }) {
  return state !== 'awaiting-banner' && !(at?.direction === 'forward' && at.rank <= 0);
}
