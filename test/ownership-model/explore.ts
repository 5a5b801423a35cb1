/**
 * Visits every state that can be reached within the bounds, nearest first, so that the first trace is the
 * shortest.
 */
import type { DomainCommand } from '@mig/protocol/handshake';
import { deathSteps } from './deaths.js';
import { type Sentence, violations } from './invariants.js';
import { normal } from './normal.js';
import { operatorSteps } from './operator.js';
import { ownerSteps } from './owner.js';
import { product, type Rules } from './rules.js';
import { sourceSteps } from './source.js';
import { start } from './start.js';
import type { HostName, State, Step } from './state.js';
import { targetSteps } from './target.js';

export interface Bounds {
  readonly hosts: readonly HostName[];
  /** Most migrations, the first one, from A, included; commands start further ones. */
  readonly migrations: number;
  readonly commands: readonly DomainCommand[];
  readonly commandsInAll: number;
  /** Most deaths of processes. */
  readonly deaths: number;
  /**
   * The start: a migration from A to B, or to A itself, that has just taken the domain; or the time after
   * one of unknown outcome.
   */
  readonly begins: 'migrating' | 'to itself' | 'unknown';
}

export interface Found {
  readonly states: number;
  readonly transitions: number;
  /** The first state in which a sentence does not hold, and the steps to it. */
  readonly violation: { readonly broken: Sentence; readonly trace: readonly string[] } | undefined;
}

/** @param sought the only sentence to check; all of them by default */
export function explore(bounds: Bounds, rules: Rules = product, sought?: Sentence): Found {
  const keys = new Keys();
  const first = normal(start(bounds));
  const reached = [first];
  const visited = new Set([keys.of(first)]);
  const cameFrom: Arrival[] = [{ from: -1, by: 'start' }];
  let transitions = 0;
  for (let at = 0; at < reached.length; at++) {
    for (const { what, next } of steps(reached[at]!, rules, bounds)) {
      transitions++;
      const [broken] = violations(next, rules).filter((each) => sought === undefined || each === sought);
      if (broken !== undefined) {
        const trace = [...traceOf(cameFrom, at), what];
        return { states: reached.length, transitions, violation: { broken, trace } };
      }
      const state = normal(next);
      const key = keys.of(state);
      if (visited.has(key)) continue;
      visited.add(key);
      reached.push(state);
      cameFrom.push({ from: at, by: what });
    }
  }
  return { states: reached.length, transitions, violation: undefined };
}

interface Arrival {
  /** The number of the state before. */
  readonly from: number;
  readonly by: string;
}

function steps(state: State, rules: Rules, bounds: Bounds): Step[] {
  return [
    ...ownerSteps(state, rules),
    ...state.migrations.flatMap((_, index) => [
      ...sourceSteps(state, rules, index),
      ...targetSteps(state, rules, index),
    ]),
    ...operatorSteps(state, rules, bounds),
    ...deathSteps(state),
  ];
}

function traceOf(cameFrom: readonly Arrival[], state: number): string[] {
  const trace: string[] = [];
  for (let at = state; at > 0; at = cameFrom[at]!.from) trace.unshift(cameFrom[at]!.by);
  return trace;
}

/** Numbers for states. Parts are shared between states: each is written out once, and is then a number. */
class Keys {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();

  of({ copies, migrations, operators, image, ...rest }: State): string {
    const { commandsLeft, deathsLeft, told, disturbed } = rest;
    let key = `${commandsLeft} ${deathsLeft} ${told.join()} ${disturbed ? 1 : 0}`;
    for (const copy of copies) key += copy === undefined ? '-' : `.${this.#numberOf(copy)}`;
    for (const migration of migrations) key += `m${this.#numberOf(migration)}`;
    for (const operator of operators) key += `o${this.#numberOf(operator)}`;
    return image === undefined ? key : `${key}i${this.#numberOf(image)}`;
  }

  #numberOf(part: object): number {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const text = JSON.stringify(part);
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    this.#known.set(part, number);
    return number;
  }
}
