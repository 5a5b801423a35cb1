/**
 * The process of a copy: answers its holder and anybody's commands by the judges, one request at a time,
 * and sees the end of its holder's connection; as control-server.ts and owner.ts of the embedded hypervisor
 * do.
 */
import type { DomainCommand, HolderAct, Ownership, OwnerVerdict } from '@mig/protocol/handshake';
import type { Rules } from './rules.js';
import {
  type Copy,
  type Image,
  isEnded,
  isRunning,
  living,
  type Process,
  type State,
  type Step,
  withCopy,
  withSource,
} from './state.js';

/** The state after a request; a refusal changes nothing. */
export type Answer =
  | { readonly done: true; readonly why?: undefined; readonly next: State }
  | { readonly done: false; readonly why: string; readonly next: State };

function refused(state: State, why: string): Answer {
  return { done: false, why, next: state };
}

/** Tells whether another domain of this host has the UUID. */
function uuidTaken(state: State, rules: Rules, index: number): boolean {
  const { host } = state.copies[index]!;
  return state.copies.some((copy, i) => i !== index && copy?.host === host && rules.isHere(copy.standing));
}

function nameTaken(state: State, index: number, name: Copy['name']): boolean {
  const { host } = state.copies[index]!;
  return state.copies.some((copy, i) => i !== index && copy?.host === host && copy.name === name);
}

function ownershipOf({ standing, epoch }: Ownership): Ownership {
  return { standing, epoch };
}

/** Changes of a copy that runs on: pages read before are outdated. */
const goesOn = { suspended: false, pagesReadBy: undefined } as const;

/** Makes a domain that was sent away one of this host again, under its own name only if that is free. */
function comeBack(state: State, index: number): Partial<Copy> {
  return { sentTo: undefined, ...(nameTaken(state, index, 'own') ? {} : { name: 'own' }) };
}

interface HolderRequest {
  readonly by: Process;
  readonly act: HolderAct;
  readonly seen: number | undefined;
  /** The image, for `start`. */
  readonly image?: Image | undefined;
  /** The destination, for `send-away`. */
  readonly sentTo?: Copy['host'];
}

/**
 * Answers the toolstack that holds the copy. Refusing its holder is a fault in itself: somebody else has
 * interfered with what is held.
 */
export function holderAsks(state: State, rules: Rules, index: number, request: HolderRequest): Answer {
  const copy = state.copies[index];
  const { by, act, seen } = request;
  if (copy === undefined) return refused(state, 'gone');
  const verdict: OwnerVerdict =
    copy.holder === by
      ? rules.judgeHolder(ownershipOf(copy), act, seen, rules.tables)
      : { allowed: false, why: 'not-holder' };
  if (!verdict.allowed) {
    return refused({ ...state, wrong: 'held' }, verdict.why);
  }
  if (verdict.next === 'gone') return { done: true, next: withCopy(state, index, undefined) };
  const effect = effectOf(state, rules, index, request);
  if (typeof effect === 'string') return refused(state, effect);
  const next = withCopy(state, index, { ...verdict.next, unconfirmed: false, ...effect });
  const torn = act === 'start' && request.image?.torn === true;
  return { done: true, next: torn ? { ...next, wrong: 'torn' } : next };
}

/** The effect of the act beyond the standing, or why it is impossible. */
function effectOf(state: State, rules: Rules, index: number, request: HolderRequest): Partial<Copy> | string {
  switch (request.act) {
    case 'suspend':
      return { suspended: true, unconfirmed: true };
    case 'resume':
      return goesOn;
    case 'take-back':
      return uuidTaken(state, rules, index) ? 'uuid-taken' : { ...goesOn, ...comeBack(state, index) };
    case 'send-away':
      if (nameTaken(state, index, 'away')) return 'name-taken';
      return { name: 'away', sentTo: request.sentTo };
    case 'start':
      if (uuidTaken(state, rules, index)) return 'uuid-taken';
      if (nameTaken(state, index, 'own')) return 'name-taken';
      return {
        name: 'own',
        paused: request.image?.paused === true,
        ...(rules.holdsStarted ? {} : { holder: undefined }),
      };
    case 'set-log-dirty':
    case 'read-context':
    case 'pause':
    case 'destroy':
    case 'adopt':
    case 'release':
      return {};
  }
}

/** Answers a command of anybody else. */
export function anybodyAsks(
  state: State,
  rules: Rules,
  index: number,
  command: DomainCommand,
  seen: number | undefined,
): Answer {
  const copy = state.copies[index];
  if (copy === undefined) return refused(state, 'gone');
  const verdict = rules.judgeCommand(ownershipOf(copy), command, seen, rules.tables);
  if (!verdict.allowed) return refused(state, verdict.why);
  const disturbed = { ...state, disturbed: true };
  if (verdict.next === 'gone') return { done: true, next: withCopy(disturbed, index, undefined) };
  const change: Partial<Copy> = { ...verdict.next };
  switch (command) {
    case 'pause':
      return { done: true, next: withCopy(disturbed, index, { ...change, paused: true }) };
    case 'unpause':
      return { done: true, next: withCopy(disturbed, index, { ...change, paused: false }) };
    case 'rename':
      if (nameTaken(state, index, 'other')) return refused(state, 'name-taken');
      return { done: true, next: withCopy(disturbed, index, { ...change, name: 'other' }) };
    case 'resume':
    case 'resume --force': {
      const isAway = copy.standing === 'away';
      if (isAway && uuidTaken(state, rules, index)) return refused(state, 'uuid-taken');
      if (isAway && nameTaken(state, index, 'own')) return refused(state, 'name-taken');
      const back = isAway ? comeBack(state, index) : {};
      return { done: true, next: withCopy(disturbed, index, { ...change, ...goesOn, ...back }) };
    }
    case 'list':
    case 'dirty-rate':
    case 'save':
    case 'migrate':
    case 'destroy':
    case 'create':
    case 'receive':
      return { done: true, next: withCopy(disturbed, index, change) };
  }
}

/** Steps that the copies' processes take by themselves. */
export function ownerSteps(state: State, rules: Rules): Step[] {
  return state.copies.flatMap((copy, index) => {
    if (copy === undefined) return [];
    if (copy.suspendAsked) return suspends(state, rules, index);
    return copy.holder !== undefined && isEnded(state, copy.holder) ? [letsGo(state, rules, index)] : [];
  });
}

function suspends(state: State, rules: Rules, index: number): Step[] {
  const copy = state.copies[index]!;
  const holder = copy.holder!;
  const idle = withCopy(state, index, { suspendAsked: false });
  const { done, next } = holderAsks(idle, rules, index, { by: holder, act: 'suspend', seen: undefined });
  return [
    {
      what: `the domain at ${copy.host} suspends for ${holder}`,
      next: answered(next, holder, done ? next.copies[index]!.epoch : undefined),
    },
    { what: `the guest at ${copy.host} does not suspend`, next: answered(idle, holder, undefined) },
  ];
}

function answered(state: State, holder: Process, epoch: number | undefined): State {
  const [kind, number] = holder.split(' ');
  if (kind !== 'source') return state;
  return withSource(state, Number(number), { answered: epoch === undefined ? 'refused' : 'done', epoch });
}

/** Releases a copy whose holder's connection is gone. */
function letsGo(state: State, rules: Rules, index: number): Step {
  const copy = state.copies[index]!;
  const undoes = copy.standing === 'suspended' && copy.unconfirmed && rules.undoesUnheardSuspend;
  const request = { by: copy.holder!, seen: undefined };
  const undone = undoes ? holderAsks(state, rules, index, { ...request, act: 'resume' }).next : state;
  const { next } = holderAsks(undone, rules, index, { ...request, act: 'release' });
  return {
    what: `the domain at ${copy.host} sees that ${copy.holder!} is gone`,
    next:
      next.copies[index] === undefined
        ? next
        : withCopy(next, index, { holder: undefined, unconfirmed: false }),
  };
}

/** The state of a copy as seen from outside. */
export function find(copy: Copy | undefined): 'runs' | 'paused' | 'suspended' | 'gone' {
  if (copy === undefined) return 'gone';
  if (copy.suspended) return 'suspended';
  return isRunning(copy) ? 'runs' : 'paused';
}

export function countRunning(state: State): number {
  return living(state).filter(isRunning).length;
}
