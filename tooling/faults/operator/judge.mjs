// Possible results of an operator's command, by the product's own tables, and the domain then at either
// end.
import { commandTable, sourceTable } from '@mig/protocol/handshake';
import { checkAlways, listed } from '../invariants.mjs';
import { between } from '../states.mjs';
import { commands } from './commands.mjs';
import { consequence } from './consequence.mjs';
import { isRaced, standingsAt } from './standings.mjs';

/** @import { Verdict } from '@mig/protocol/handshake' */
/** @import { Check } from '../invariants.mjs' */
/** @import { Failed } from '../migration.mjs' */
/** @import { Looked, Seen } from '../scene.mjs' */
/** @import { StageDomain } from '../stage.mjs' */
/** @import { OperatorCase } from '../strata.mjs' */
/** @import { End } from './consequence.mjs' */
/** @import { Acted, Observed } from './operate.mjs' */
/** @import { Found } from './standings.mjs' */

/** @typedef {{ standing: Found, stale: boolean }} Situation of a command's act, and whether what it had seen was old */
/** @typedef {Verdict | 'name-taken' | 'stale' | 'none or gone' | 'unknown'} Due what a command should come to */

/**
 * Messages of the refusals.
 * @type {Readonly<Record<string, RegExp>>}
 */
export const words = {
  held: /is being (?:migrated|saved)|is in the hands of another process|in the hands of its receiver/,
  suspended: /is suspended already/,
  'not-suspended': /is not suspended; there is nothing to resume/,
  away: /was (?:sent|on its way) (?:to|through)/,
  incoming: /is arriving from another host/,
  here: /is this very domain.* is here already/,
  stale: /look again/,
  none: /is an invalid domain identifier/,
  gone: /there is no domain with domid|is gone|has been destroyed/,
  'name-taken': /there is a domain called busy already/,
};

/** Messages to a command that would make a second domain of its UUID. @type {typeof words} */
const wordsToMaker = {
  ...words,
  held: /is this very domain.* was sent to another host/,
  away: /is this very domain.* was sent to another host/,
  incoming: /is this very domain.* is arriving/,
};

/**
 * @param {OperatorCase} it
 * @param {Seen} seen
 * @returns {string[]} violations of the promise
 */
export function judgeOperator(it, seen) {
  /** @type {string[]} */
  const violations = [];
  /** @type {Check} */
  const check = (right, what) => void (right || violations.push(what));
  checkAlways(check, it, seen);
  const acted = seen.operator;
  if (!seen.reached || acted?.status === undefined) return violations;
  const { operator, point } = it;
  const { removed, left, ended, output, status } = acted;
  for (const each of left) check(false, each);
  check(ended, `xl ${operator.command} does not end`);
  const isRemover = ['destroy', 'save', 'migrate'].includes(commands[operator.command].row);
  check(isRemover || removed.length === 0, `removed domains that live: ${JSON.stringify(removed)}`);
  const internal = /^\s+at .*:\d+|internal error|undefined|\[object/m.exec(output);
  check(internal === null, `says: ${internal?.[0]}`);

  if (acted.looked === false) {
    check(
      false,
      `not reached: ${operator.command} ended at its look with ${status} and said: ${output.trim()}`,
    );
    return violations;
  }
  if (acted.before !== undefined) {
    const due = standingsAt(it);
    const found = standingOf(acted.before);
    if (!due.includes(found)) {
      check(false, `not reached: the domain stands ${found} at ${point.name}, not ${due.join(' or ')}`);
      return violations;
    }
  }
  const possible = situations(it, acted).map((each) => ({ ...each, verdict: verdictOf(it, each) }));
  const fitting = possible.filter(({ verdict }) => fits(it, verdict, acted));
  const expected = [...new Set(possible.map((each) => `${each.verdict} (${each.standing})`))].join(' or ');
  if (fitting.length === 0) {
    check(false, `expected ${expected}: ended with ${status} and said: ${output.trim()}`);
    return violations;
  }
  const end = endOf(seen);
  const ends = fitting.map((each) => textOf(consequence(it, each)));
  check(
    ends.flat().includes(end),
    `${expected}, and in the end: ${end}; expected: ${ends.flat().join(' or ')}`,
  );
  if (commands[operator.command].row === 'list' && status === 0) checkList(check, acted);
  const done = fitting.some(({ verdict }) => verdict === 'does');
  if (!done) checkUntouched(check, it, acted);
  const isTold = seen.status !== 0 || (done && (isRemover || operator.command === 'pause'));
  const running = [...seen.hosts.source, ...seen.hosts.target, ...seen.others].filter(isRunning);
  check(running.length > 0 || isTold, 'none runs, and nobody is told');
  if (seen.last?.event === 'failed') checkFailure(check, seen.last, seen.status);
  return violations;
}

/** @param {StageDomain} domain */
const isRunning = ({ state }) => state === 'running';

/**
 * Possible standings of the domain when the command acted, and whether it had seen outdated ones.
 * @param {OperatorCase} it
 * @param {Acted} acted
 * @returns {Situation[]}
 */
function situations(it, { looked, atLook, before, after }) {
  const { acts } = commands[it.operator.command];
  const isLate = looked === true && acts !== undefined;
  if (before === undefined || isRaced(it)) {
    return standingsAt(it).flatMap((standing) =>
      (isLate ? [false, true] : [false]).map((stale) => ({ standing, stale })),
    );
  }
  /** @param {Observed} observed */
  const late = ({ domains: [domain] }) =>
    isLate && domain !== undefined && domain.epoch !== atLook?.domains[0]?.epoch;
  const seen = isStill(it) || after === undefined ? [before] : [before, after];
  return seen.map((observed) => ({ standing: standingOf(observed), stale: late(observed) }));
}

/**
 * Tells whether only the command changes the domain while the conversation is held.
 * @param {OperatorCase} it
 */
function isStill({ point, operator: { end, when, orphaned } }) {
  if (when === 'over' || orphaned) return true;
  return end === 'source' ? between(sourceTable, point.source).length === 1 : point.scene === undefined;
}

/** @param {Observed} observed @returns {Found} */
function standingOf({ domains: [domain] }) {
  return domain?.standing ?? 'none';
}

/**
 * @param {OperatorCase} it
 * @param {Situation} situation
 * @returns {Due}
 */
function verdictOf({ point, operator: { command, end } }, { standing, stale }) {
  const { row, makes } = commands[command];
  if (row === 'list') return 'does';
  const isOwnNameTaken = ['free', 'taken', 'suspended', 'abandoned'].includes(standing);
  const isDecoyThere = end === 'target' && point.scene === 'name taken';
  if (makes === 'name') return isOwnNameTaken || isDecoyThere ? 'name-taken' : 'does';
  if (standing === 'none') {
    if (makes !== undefined) return 'does';
    return 'none or gone';
  }
  if (stale) return 'stale';
  // Its owner does not answer.
  return standing === 'unknown' ? 'unknown' : commandTable[row][standing];
}

/**
 * @param {OperatorCase} it
 * @param {Due} verdict
 * @param {Acted} acted
 */
function fits({ operator: { command } }, verdict, { status, output }) {
  const { guest, hindrance, makes } = commands[command];
  if (verdict === 'does') {
    if (hindrance !== undefined) return status === 0 || (status === 1 && output !== '');
    return guest === 'fails' ? status === 1 && /no space left/.test(output) : status === 0;
  }
  const due = makes === undefined ? words : wordsToMaker;
  return status === 1 && verdict.split(' or ').some((why) => due[why]?.test(output));
}

/**
 * Checks a list: whatever hinders it, it shows every domain that is there before and after, even one with
 * an unreadable name.
 * @param {Check} check
 * @param {Acted} acted
 */
function checkList(check, { before, after, output }) {
  if (before === undefined || after === undefined) return;
  for (const { domid, name } of before.domains) {
    const isThere = after.domains.some((each) => each.domid === domid && each.name === name);
    const row = new RegExp(`^(?:${name}|\\(unreadable\\)) +${domid} `, 'm');
    check(!isThere || row.test(output), `list leaves out ${name}: ${output.trim()}`);
  }
}

/**
 * Checks that a refused command has changed nothing.
 * @param {Check} check
 * @param {OperatorCase} it
 * @param {Acted} acted
 */
function checkUntouched(check, it, { before, after, files }) {
  check(files.length === 0, `refused, and there is ${files.join(', ')}`);
  if (before === undefined || after === undefined || isRaced(it) || !isStill(it)) return;
  const [was, is] = [lasting(before), lasting(after)];
  check(was === is, `refused, and before it there was ${was}, after it ${is}`);
}

/**
 * The facts that the held migration does not change by itself.
 * @param {Observed} observed
 */
function lasting({ domains, domids }) {
  const known = domains.map(({ name, state, standing, epoch }) => ({ name, state, standing, epoch }));
  return JSON.stringify({ domids, domains: known });
}

/**
 * Checks how a migration ended that failed because of the operator.
 * @param {Check} check
 * @param {Failed} last
 * @param {number | string | undefined} status of `xl migrate`
 */
function checkFailure(check, { state, outcome, exitStatus, advice, message }, status) {
  check(state !== undefined, `failed in no state: ${message}`);
  const due = state && sourceTable[state].onFailure;
  check(
    outcome === due || outcome === 'resume-failed',
    `failed in ${state} with the outcome ${outcome}, by the table ${due}`,
  );
  check(status === exitStatus, `exit status ${status}, announced as ${exitStatus}`);
  check(advice.length > 0 && message !== '', 'no word to the operator');
}

/** @param {Looked} seen */
function endOf({ hosts, others, status, last }) {
  const isGone = last?.event === 'failed' && /no longer here/.test(last.advice.join(' '));
  return text(listed(hosts.source), listed(hosts.target), listed(others), status, isGone);
}

/** @param {readonly End[]} ends */
function textOf(ends) {
  return ends.map(({ source, target, third, status, isGone }) => text(source, target, third, status, isGone));
}

/** @type {(source: string, target: string, third: string, status: End['status'] | undefined, isGone?: boolean) => string} */
const text = (source, target, third, status, isGone = false) =>
  `source: ${source}, target: ${target}, third: ${third}, exit status ${status}${isGone ? ', no longer here' : ''}`;
