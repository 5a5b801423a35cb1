// Possible observations after a case, by the tables *Who may run the domain* in @mig/protocol/handshake;
// any other violates the promise.
import { awayName, sourceTable, targetTable } from '@mig/protocol/handshake';
import { checkAlways, listed } from './invariants.mjs';
import { judgeOperator } from './operator/judge.mjs';
import { between, byAnything, closure, unaided } from './states.mjs';

/** @import { SourceOutcome, SourceState, TargetOutcome, TargetState } from '@mig/protocol/handshake' */
/** @import { Check } from './invariants.mjs' */
/** @import { Failed } from './migration.mjs' */
/** @import { Seen, Skipped } from './scene.mjs' */
/** @import { Case, Fault, FaultCase } from './strata.mjs' */

/**
 * The evidence by which a fault's case is judged.
 * @typedef {object} Evidence
 * @property {FaultCase} it
 * @property {Seen} seen
 * @property {string} target its domains, as `listed` formats them
 * @property {Check} check
 */

/**
 * Exit status of `xl migrate` by outcome: docs/xl.md.
 * @type {Readonly<Partial<Record<SourceOutcome, number>>>}
 */
const statuses = {
  untouched: 1,
  'keeps-running': 1,
  resumed: 1,
  'left-suspended': 5,
  'resume-failed': 5,
  unknown: 3,
  'destroy-failed': 4,
};

const OWN = 'busy';
const AWAY = awayName(OWN);
const runs = `${OWN} running`;

/**
 * Possible output of `xl list` at the source, by outcome there: name and state.
 * @type {Readonly<Record<SourceOutcome, readonly string[]>>}
 */
const atSource = {
  untouched: [runs],
  'keeps-running': [runs],
  resumed: [runs],
  'left-suspended': [`${OWN} suspended`],
  unknown: [`${AWAY} suspended`],
  destroyed: ['nothing'],
  'destroy-failed': [`${AWAY} suspended`],
  'resume-failed': [`${OWN} suspended`, `${AWAY} suspended`],
};

/** @type {Readonly<Record<TargetOutcome, readonly string[]>>} */
const atTarget = {
  none: ['nothing'],
  destroyed: ['nothing'],
  runs: [runs],
  'runs-or-destroyed': ['nothing', runs],
  // The copy ends with the process that could not destroy it.
  'destroy-failed': ['nothing'],
  unknown: ['nothing', runs],
};

/**
 * Last messages of the target, and the states in which it prints them.
 * @type {readonly (readonly [text: string, states: readonly TargetState[]])[]}
 */
const words = [
  ['Ready to receive domain', ['greeting', 'restoring']],
  ['Transfer complete', ['awaiting-permission']],
  ['Got permission', ['starting']],
  ['Domain started successfully', ['reporting-success', 'completed']],
  ['Failure, destroying our copy', ['reporting-failure', 'destroying-copy']],
  ['Cleanup OK', ['giving-back', 'given-back']],
];

/**
 * @param {Case} it
 * @param {Seen | Skipped} seen
 * @returns {string[]} violations of the promise
 */
export function judge(it, seen) {
  if (seen.skipped !== undefined) return [];
  if (it.operator !== undefined) return judgeOperator(it, seen);
  /** @type {string[]} */
  const violations = [];
  /** @type {Check} */
  const check = (right, what) => void (right || violations.push(what));
  const { fault } = it;
  const source = listed(seen.hosts.source);
  const target = listed(seen.hosts.target);
  const { last } = seen;
  const killed = isSourceKilled(it);
  const sourceDomainDead = fault.victim === 'source domain' && deadly(fault);

  checkAlways(check, it, seen);
  check(
    seen.seconds < limit(it),
    `took ${seen.seconds.toFixed(1)} s, ${limit(it).toFixed(1)} s at most expected`,
  );
  const running = [...seen.hosts.source, ...seen.hosts.target].filter(({ state }) => state === 'running');

  const states = sourceStates(it, seen);
  if (killed && last === undefined) {
    const outcomes = states.map((state) => sourceTable[state].ifKilled);
    check(
      outcomes.some((outcome) => atSource[outcome].includes(source)),
      `source killed in ${states}: ${source} there`,
    );
    const there = states.flatMap((state) => atTarget[sourceTable[state].targetOnFailure]);
    check(there.includes(target), `source killed in ${states}: ${target} at the target`);
  } else if (last?.event === 'complete') {
    check(seen.status === 0, `complete, and exit status ${seen.status}`);
    check(source === 'nothing', `complete, and at the source: ${source}`);
    check(target === runs, `complete, and at the target: ${target}`);
    check(states.includes('completed'), `completed, where ${states} could be the last state`);
  } else if (last?.event === 'failed') {
    judgeFailure({ it, seen, target, check }, last, { states, source, sourceDomainDead });
  } else
    check(false, `ended with ${seen.status} and without a word: ${seen.stderr.trim().split('\n').at(-1)}`);

  if (seen.targetStatus !== undefined) judgeTarget({ it, seen, target, check });
  // Whoever killed it knows that it has reported nothing.
  if (running.length === 0 && !killed) check(seen.status !== 0, 'none runs, and nobody is told');
  return violations;
}

/**
 * @param {Evidence} evidence
 * @param {Failed} last
 * @param {{ states: readonly SourceState[], source: string, sourceDomainDead: boolean }} there at the source
 */
function judgeFailure({ it, seen, target, check }, last, { states, source, sourceDomainDead }) {
  const { state, outcome, exitStatus, advice, message } = last;
  const silent = it.fault.victim === 'source domain' && it.fault.forEver === true;
  const helpless = sourceDomainDead || silent;
  // Before there is anything to migrate, "no such domain" is the whole message.
  check(state !== undefined || sourceDomainDead, `failed in no state: ${message}`);
  if (state === undefined) return;
  const row = sourceTable[state];
  check(
    outcome === row.onFailure || (helpless && outcome === 'resume-failed'),
    `failed in ${state} with the outcome ${outcome}, by the table ${row.onFailure}`,
  );
  check(seen.status === exitStatus, `exit status ${seen.status}, announced as ${exitStatus}`);
  const due = outcome === 'resume-failed' && sourceDomainDead ? 1 : statuses[outcome];
  check(exitStatus === due, `exit status ${exitStatus} with the outcome ${outcome}`);
  check(states.includes(state), `failed in ${state} (${message}), where ${states} were possible`);
  // Asked to go on, it does once it can: the target's copy is gone by then.
  const here = sourceDomainDead ? ['nothing'] : silent ? [...atSource[outcome], runs] : atSource[outcome];
  check(here.includes(source), `${outcome} in ${state}, and at the source: ${source}`);
  const there = atTarget[row.targetOnFailure];
  check(there.includes(target), `failed in ${state}, and at the target: ${target}`);
  check(advice.length > 0 && message !== '', 'no word to the operator');
  const claims = advice.join(' ');
  if (sourceDomainDead && target !== runs) {
    const claim =
      /keeps running here|has been resumed|runs here as before|is suspended here|stays suspended/.exec(
        claims,
      );
    check(claim === null, `the domain's process is dead, and the operator reads that it "${claim?.[0]}"`);
  }
}

/** @param {readonly [TargetState, TargetState]} ends */
const isWithin = (ends) => {
  const range = between(targetTable, ends);
  return (/** @type {TargetState} */ state) => range.includes(state);
};
/** @param {FaultCase} it */
const isSourceKilled = ({ fault }) => fault.victim === 'source' && fault.signals[0] === 'SIGKILL';

/** @param {Evidence} evidence */
function judgeTarget({ it, seen, target, check }) {
  const { targetStatus } = seen;
  const heard = words.findLast(([text]) => seen.stderr.includes(`migration target: ${text}`))?.[1] ?? [
    'greeting',
  ];
  // Its messages pass through the source: what it says after the source's death reaches nobody.
  const said = isSourceKilled(it) ? closure(targetTable, heard, byAnything) : [...heard];
  // A thread tells what another does: one that is killed may have done more than it has told.
  const killed = typeof targetStatus === 'string';
  if (killed) said.push(...closure(targetTable, heard, byAnything).filter(isWithin(it.point.target)));
  if (targetStatus === 0) {
    check(said.includes('completed'), `the target ended with 0, and said nothing of a start`);
    check(target === runs, `the target ended with 0, and there: ${target}`);
    return;
  }
  check(killed ? it.fault.victim === 'target' : targetStatus === 1, `the target ended with ${targetStatus}`);
  const outcomes = said.map((state) => targetTable[state].onFailure);
  const there = outcomes.flatMap((outcome) => atTarget[outcome]);
  // Killed between two steps, or before it could report what it had done.
  if (killed && said.includes('starting')) there.push(...atTarget.unknown);
  check(
    there.includes(target),
    `the target ended with ${targetStatus} in ${said.join(' or ')}, and there: ${target}`,
  );
}

/**
 * States whose request to the domain's owner is done even if the source does not live to see it.
 * @type {SourceState[]}
 */
const asking = ['renaming-away', 'taking-back', 'destroying'];
/**
 * A target that no permission reaches can report that it waited in vain, and give the domain back.
 * @type {import('./states.mjs').CanHappen}
 */
const withoutPermission = (event) => event !== 'success-read';

/**
 * States in which the source may have ended.
 * @param {FaultCase} it
 * @param {Seen} seen
 * @returns {readonly SourceState[]}
 */
function sourceStates({ fault, point, expected }, { stateAtFault }) {
  const range = between(sourceTable, point.source);
  if (expected !== undefined) return expected;
  if (fault.kind === 'stall' && fault.direction === 'forward') {
    return closure(sourceTable, range, withoutPermission);
  }
  if (fault.kind === 'cut' || fault.kind === 'stall') return closure(sourceTable, range, unaided);
  if (fault.victim !== 'source') return closure(sourceTable, range, byAnything);
  const [signal, another] = fault.signals;
  if (signal === 'SIGKILL') {
    /** @type {Set<SourceState>} */
    const seen = new Set([...range, ...(stateAtFault === undefined ? [] : [stateAtFault])]);
    const asked = asking.filter((state) => seen.has(state));
    return [...seen, ...asked.flatMap((state) => Object.values(sourceTable[state].next))];
  }
  if (signal === 'SIGSTOP') return closure(sourceTable, range, byAnything);
  if (another !== undefined) return closure(sourceTable, range, unaided).filter((state) => !isEnd(state));
  // Before permission it stays, and after it is not stopped.
  if (before(point.source[1])) return closure(sourceTable, range, unaided).filter(before);
  return closure(sourceTable, range, byAnything);
}

/** @param {SourceState} state */
const isEnd = (state) => Object.keys(sourceTable[state].next).length === 0;
/** @param {SourceState} state */
const before = (state) =>
  ['untouched', 'keeps-running', 'resumed'].includes(sourceTable[state].onFailure) && !isEnd(state);
/** @param {Fault} fault */
const deadly = ({ signals }) => signals !== undefined && signals[0] !== 'SIGSTOP';

/**
 * Time limit in seconds from the fault to the end of `xl migrate`, generous for a busy machine.
 * @param {FaultCase} it
 */
function limit({ fault, timeout }) {
  const waits = timeout.source + timeout.target;
  // A transport that does not end is given ten seconds; a domain that does not answer twenty, each time it
  // is asked.
  return 10 + waits + (fault.forEver === true ? (fault.victim === 'source domain' ? 62 : 12) : 0);
}
