/**
 * Operators: any command at any time; a command that names what it has seen is split between its look and
 * its act. They keep to docs/handshake.md: `resume --force`, and `destroy` of a domain that was sent away,
 * only after a look at its destination.
 */
import type { DomainCommand } from '@mig/protocol/handshake';
import { anybodyAsks } from './owner.js';
import type { Bounds } from './explore.js';
import type { Rules } from './rules.js';
import { saveSteps } from './save.js';
import { awaiting } from './start.js';
import {
  type Copy,
  type HostName,
  living,
  newCopy,
  type Operator,
  replaced,
  type State,
  type Step,
  withCopy,
} from './state.js';

/** Commands that are safe without the epoch of a look. */
const atOnce = ['pause', 'unpause', 'rename'] as const;
const looksFirst = ['resume', 'resume --force', 'destroy'] as const;

export function operatorSteps(state: State, rules: Rules, bounds: Bounds): Step[] {
  const underWay = state.operators.flatMap((operator, index) => {
    if (operator.stage === 'look') return looksElsewhere(state, rules, index);
    return operator.stage === 'act' ? [acts(state, rules, index)] : saveSteps(state, rules, index);
  });
  return state.commandsLeft === 0 ? underWay : [...underWay, ...begins(state, rules, bounds)];
}

function begins(state: State, rules: Rules, bounds: Bounds): Step[] {
  const begun = { ...state, commandsLeft: state.commandsLeft - 1 };
  const id = begun.commandsLeft;
  const steps = state.copies.flatMap((copy, index) => {
    if (copy === undefined) return [];
    const at = `of ${copy.host}`;
    const names = (command: DomainCommand): boolean => bounds.commands.includes(command);
    const simple = atOnce.filter(names).map((command) => ({
      what: `an operator ${at}: ${command}`,
      next: anybodyAsks(begun, rules, index, command, undefined).next,
    }));
    const looked = looksFirst
      .filter((command) => names(command) && (command === 'destroy' || copy.suspended))
      .map((command) => looksHere(begun, rules, bounds, { id, command, index, copy }));
    const saves = names('save') ? takes(begun, rules, index, id) : [];
    const moves = names('migrate') ? migrates(begun, rules, bounds, index) : [];
    return [...simple, ...looked, ...saves, ...moves];
  });
  return bounds.commands.includes('create') ? [...steps, ...creates(begun, rules)] : steps;
}

interface Looked {
  readonly id: number;
  readonly command: DomainCommand;
  readonly index: number;
  readonly copy: Copy;
}

function looksHere(state: State, rules: Rules, bounds: Bounds, { id, command, index, copy }: Looked): Step {
  const { standing, epoch, host, sentTo } = copy;
  const mustVisit = standing === 'away' && command !== 'resume';
  const operator: Operator = {
    id,
    command,
    copy: index,
    seen: { standing, epoch },
    toVisit: mustVisit ? trail(rules, bounds, host, sentTo) : [],
    found: 'nothing',
    stage: mustVisit ? 'look' : 'act',
  };
  return {
    what: `an operator of ${host} sees it ${standing}, for ${command}`,
    next: { ...state, operators: [...state.operators, operator] },
  };
}

/** The hosts to look at: the domain's destination, then wherever it may have gone from there. */
function trail({ operatorLooks }: Rules, { hosts }: Bounds, host: HostName, sentTo = host): HostName[] {
  const others = hosts.filter((each) => each !== host && each !== sentTo);
  const sent = sentTo === host ? [] : [sentTo];
  switch (operatorLooks) {
    case 'after it':
      return [...sent, ...others];
    case 'where it was sent':
      return sent;
    case 'in any order':
      return [...others, ...sent];
  }
}

/**
 * Looks at the next host. If nothing is found the operator goes on; a running copy is a reason to destroy
 * the one here; any other is a reason to wait.
 */
function looksElsewhere(state: State, rules: Rules, index: number): Step[] {
  const operator = state.operators[index]!;
  const [host, ...toVisit] = operator.toVisit;
  const there = living(state).find(
    (copy) => copy.host === host && !rules.operatorOverlooks.includes(copy.standing),
  );
  const what = `the operator finds at ${host!}: ${there?.standing ?? 'nothing'}`;
  if (there === undefined) {
    const stage = toVisit.length === 0 ? 'act' : 'look';
    return [{ what, next: withOperator(state, index, { toVisit, stage }) }];
  }
  const isRemnant = operator.command === 'destroy' && there.standing === 'free';
  if (!isRemnant) return [{ what: `${what}, and waits`, next: without(state, index) }];
  return [{ what, next: withOperator(state, index, { toVisit: [], found: 'runs', stage: 'act' }) }];
}

function acts(state: State, rules: Rules, index: number): Step {
  const { command, copy, seen, found } = state.operators[index]!;
  const epoch = rules.operatorNamesEpoch ? seen.epoch : state.copies[copy]?.epoch;
  const { done, why, next } = anybodyAsks(state, rules, copy, command, epoch);
  const host = state.copies[copy]?.host ?? 'the host';
  const what = `the operator does ${command} at ${host}${done ? '' : `: ${why}`}`;
  // Destroying a domain that is being migrated, or that runs elsewhere, does not mean to end it.
  const isRemnant = seen.standing === 'sent' || seen.standing === 'incoming' || found === 'runs';
  const told = done && command === 'destroy' && !isRemnant ? tell(next, 'destroyed') : next;
  return { what, next: without(told, index) };
}

function takes(state: State, rules: Rules, index: number, id: number): Step[] {
  const copy = state.copies[index]!;
  const { done, next } = anybodyAsks(state, rules, index, 'save', undefined);
  const what = `an operator of ${copy.host}: save`;
  if (!done) return [{ what: `${what}, refused`, next }];
  const { standing, epoch } = copy;
  const operator: Operator = {
    id,
    command: 'save',
    copy: index,
    seen: { standing, epoch },
    toVisit: [],
    found: 'nothing',
    stage: 'taken',
  };
  const held = withCopy(next, index, { holder: `save ${id}`, unconfirmed: false });
  return [{ what, next: { ...held, operators: [...held.operators, operator] } }];
}

function migrates(state: State, rules: Rules, bounds: Bounds, index: number): Step[] {
  const number = state.migrations.length;
  if (number >= bounds.migrations) return [];
  const { host } = state.copies[index]!;
  const { done, next } = anybodyAsks(state, rules, index, 'migrate', undefined);
  if (!done) return [{ what: `an operator of ${host}: migrate, refused`, next }];
  const held = withCopy(next, index, { holder: `source ${number}`, unconfirmed: false });
  return bounds.hosts
    .filter((to) => to !== host || bounds.begins === 'to itself')
    .map((to) => ({
      what: `an operator of ${host}: migrate to ${to} (source ${number}, target ${number})`,
      // It is part of the promise as the first one is.
      next: { ...held, disturbed: state.disturbed, migrations: [...held.migrations, awaiting(index, to)] },
    }));
}

/**
 * Creates or restores a domain of the same UUID: beside a copy, which the host can know, or if its image is
 * all that is left. Not creating it a second time on a host without a copy is the operator's duty.
 */
function creates(state: State, rules: Rules): Step[] {
  const copies = living(state);
  const hosts = new Set(copies.map(({ host }) => host));
  if (hosts.size === 0 && state.image !== undefined) hosts.add('A');
  return [...hosts].map((host) => {
    const here = copies.filter((copy) => copy.host === host);
    const isFree = here.every(({ standing }) => rules.tables.commands.create[standing] === 'does');
    const what = `an operator of ${host}: create`;
    if (!isFree || here.some(({ name }) => name === 'own')) return { what: `${what}, refused`, next: state };
    return { what, next: created(state, host) };
  });
}

function created(state: State, host: HostName): State {
  const { image } = state;
  const copy = newCopy(host, { paused: image?.paused === true });
  const wrong = image?.torn === true ? 'torn' : state.wrong;
  return { ...state, copies: [...state.copies, copy], disturbed: true, wrong };
}

export function tell(state: State, what: State['told'][number]): State {
  return state.told.includes(what) ? state : { ...state, told: [...state.told, what].sort() };
}

export function withOperator(state: State, index: number, change: Partial<Operator>): State {
  const operator = { ...state.operators[index]!, ...change };
  return { ...state, operators: replaced(state.operators, index, operator) };
}

/** Removes a command that is over. */
export function without(state: State, index: number): State {
  return { ...state, operators: state.operators.filter((_, i) => i !== index) };
}
