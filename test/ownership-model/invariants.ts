/** Invariants: each is one sentence of the promise. */
import { isHere, type SourceOutcome, type SourceState, type TargetOutcome } from '@mig/protocol/handshake';
import { countRunning, ownerSteps } from './owner.js';
import type { Rules } from './rules.js';
import { type Copy, isRunning, living, type Migration, type State } from './state.js';

export const sentences = {
  twoRun: 'two copies run',
  twoMayRun: 'two copies may be run by anybody',
  asItStands: 'a copy is not as its standing says',
  held: 'what a toolstack holds was changed by others',
  torn: 'a torn image is run',
  none: 'none runs, and nobody was told',
  tables: 'the ends are not as the tables have them',
} as const;

export type Sentence = keyof typeof sentences;

/** @returns the sentences that do not hold */
export function violations(state: State, rules: Rules): Sentence[] {
  const broken: Sentence[] = state.wrong === undefined ? [] : [state.wrong];
  if (countRunning(state) > 1) broken.push('twoRun');
  const copies = living(state);
  // The copies that an ordinary command could run, without a look at any other host.
  if (copies.filter(({ standing }) => isHere(standing)).length > 1) broken.push('twoMayRun');
  if (!copies.every(isAsItStands)) broken.push('asItStands');
  if (!isQuiet(state, rules)) return broken;
  if (countRunning(state) === 0 && !isAccountedFor(state)) broken.push('none');
  if (!state.disturbed && !isOfTheTables(state, rules, state.migrations[0]!)) broken.push('tables');
  return broken;
}

function isAsItStands(copy: Copy): boolean {
  const isSuspended = ['suspended', 'abandoned', 'sent', 'away'].includes(copy.standing);
  return copy.suspended === isSuspended && !(copy.standing === 'incoming' && isRunning(copy));
}

/** Tells whether nobody is at work. */
function isQuiet(state: State, rules: Rules): boolean {
  return (
    state.operators.length === 0 &&
    state.migrations.every(({ source, target }) => source.end !== undefined && target.end !== undefined) &&
    ownerSteps(state, rules).length === 0
  );
}

/**
 * Tells whether a stopped domain is explained: an operator ended, paused or saved it; a process was killed;
 * or a toolstack reported that it is suspended here.
 */
function isAccountedFor(state: State): boolean {
  if (state.told.length > 0) return true;
  return state.copies.some((copy, index) => {
    if (copy === undefined) return false;
    if (isHere(copy.standing) && copy.paused && !copy.suspended) return true;
    if (!copy.suspended) return false;
    return state.migrations.some(({ from, source }) => from === index && saysSuspended(source.end));
  });
}

function saysSuspended(end: Migration['source']['end']): boolean {
  if (end === undefined || end === 'killed') return end === 'killed';
  return end.left === 'suspended';
}

/** Tells whether each end's report is true, unless an operator has interfered. */
function isOfTheTables(state: State, rules: Rules, { from, to, source, target }: Migration): boolean {
  const here = state.copies[from];
  const there = living(state).find((copy) => copy !== here && copy.host === to);
  const row = rules.source[source.state];
  const hereMayBe: readonly SourceOutcome[] =
    source.end === 'killed' ? ifKilled(rules, source.state) : [source.end!.outcome];
  const thereMayBe = source.end === 'killed' ? 'unknown' : row.targetOnFailure;
  return (
    hereMayBe.some((outcome) => isAtSource(outcome, here)) &&
    isAtTarget(thereMayBe, there) &&
    (target.end === 'killed' || isAtTarget(target.end!, there))
  );
}

/**
 * The outcome if the process was killed: it may have died after the act that leads to the next state,
 * before it knew.
 */
function ifKilled(rules: Rules, state: SourceState): SourceOutcome[] {
  const row = rules.source[state];
  return [row, ...Object.values(row.next).map((next) => rules.source[next])].map((each) => each.ifKilled);
}

function isAtSource(outcome: SourceOutcome, copy: Copy | undefined): boolean {
  switch (outcome) {
    case 'untouched':
    case 'keeps-running':
    case 'resumed':
      return copy?.standing === 'free' && copy.name === 'own';
    case 'left-suspended':
      return copy?.standing === 'abandoned' && copy.name === 'own';
    case 'unknown':
    case 'destroy-failed':
      return copy?.standing === 'away' && copy.name === 'away';
    case 'destroyed':
      return copy === undefined;
    case 'resume-failed':
      return true;
  }
}

function isAtTarget(outcome: TargetOutcome, copy: Copy | undefined): boolean {
  switch (outcome) {
    case 'none':
    case 'destroyed':
      return copy === undefined;
    case 'runs':
      return copy?.standing === 'free' && copy.name === 'own';
    case 'runs-or-destroyed':
      return copy === undefined || copy.standing === 'free';
    case 'destroy-failed':
    case 'unknown':
      return true;
  }
}
