/** The target of a migration, run from targetTable as receive-domain.ts does. See source.ts for failures. */
import type { TargetEvent, TargetOutcome } from '@mig/protocol/handshake';
import { anybodyAsks, holderAsks } from './owner.js';
import type { Rules } from './rules.js';
import {
  type Copy,
  type Migration,
  newCopy,
  type Process,
  type State,
  type Step,
  type Target,
  type ToSource,
  type ToTarget,
  withCopy,
  withMigration,
  withTarget,
} from './state.js';

/** @param index number of the migration */
export function targetSteps(state: State, rules: Rules, index: number): Step[] {
  const migration = state.migrations[index]!;
  if (migration.target.end !== undefined) return [];
  return new TargetActor(state, rules, index, migration).steps();
}

class TargetActor {
  readonly #self: Process;
  readonly #target: Target;
  readonly #steps: Step[] = [];

  constructor(
    private readonly now: State,
    private readonly rules: Rules,
    private readonly index: number,
    private readonly migration: Migration,
  ) {
    this.#self = `target ${index}`;
    this.#target = migration.target;
  }

  steps(): Step[] {
    this.#act();
    this.#fails(`fails in ${this.#target.state}`, this.now);
    return this.#steps;
  }

  #act(): void {
    switch (this.#target.state) {
      case 'greeting':
        return this.#writes('banner', 'banner-written');
      case 'restoring':
        return this.#restore();
      case 'awaiting-permission':
        return this.#reads('permission', (state) => this.#advanced(state, 'permission-read'));
      case 'starting':
        return this.#start();
      case 'reporting-success':
        return this.#writes('success', 'success-written');
      case 'reporting-failure':
        return this.#writes('failure', 'failure-written');
      case 'destroying-copy':
        return this.#destroyCopy(this.now, (state) => this.#advanced(state, 'copy-destroyed'));
      case 'giving-back':
        return this.#writes('permission', 'permission-back-written');
      case 'completed':
      case 'given-back':
    }
  }

  #restore(): void {
    if (this.#target.copy === undefined) {
      return this.#reads('configuration', (state) => {
        const here = state.copies.filter((copy) => copy?.host === this.migration.to) as Copy[];
        const verdicts = here.map(({ standing }) => this.rules.tables.commands.receive[standing]);
        return verdicts.every((verdict) => verdict === 'does')
          ? this.#withCopy(state)
          : this.#ended(state, 'destroyed');
      });
    }
    this.#reads('stream', (state) => {
      const adopted = this.#copy === undefined ? state : this.#ask(state, 'adopt').next;
      return this.#sent(this.#advanced(adopted, 'ready-written'), 'ready');
    });
  }

  #withCopy(state: State): State {
    const arriving = { name: 'incoming', standing: 'incoming', paused: true, holder: this.#self } as const;
    const copy = newCopy(this.migration.to, arriving);
    const copies = [...state.copies, copy];
    return withTarget({ ...state, copies }, this.index, { copy: state.copies.length });
  }

  /** Starts the copy, which stays its own until it ends: it may have to destroy it. */
  #start(): void {
    const { done, next } = this.#ask(this.now, 'start');
    const failed = (state: State): State => this.#advanced(state, 'start-failed');
    if (!done) return this.#does('cannot start the copy', failed(next));
    this.#does('starts the copy', this.#advanced(next, 'started'));
    const deaf = withTarget(next, this.index, { deaf: true });
    this.#does('starts the copy, and does not hear of it', failed(deaf));
  }

  get #copy(): Copy | undefined {
    const { copy } = this.#target;
    return copy === undefined ? undefined : this.now.copies[copy];
  }

  #ask(state: State, act: 'adopt' | 'start' | 'destroy'): ReturnType<typeof holderAsks> {
    const { copy } = this.#target;
    const { image } = this.migration;
    const request = { by: this.#self, act, seen: undefined, image };
    return holderAsks(state, this.rules, copy!, request);
  }

  /** Destroys the copy: a process that does not answer is killed, and a missing one needs nothing. */
  #destroyCopy(state: State, then: (state: State) => State): void {
    const { copy: index } = this.#target;
    const copy = index === undefined ? undefined : state.copies[index];
    if (copy === undefined) return this.#does('finds no copy to destroy', then(state));
    if (this.#target.deaf) return this.#does('kills the copy', then(withCopy(state, index!, undefined)));
    const { done, next } =
      copy.holder === this.#self
        ? this.#ask(state, 'destroy')
        : anybodyAsks(state, this.rules, index!, 'destroy', undefined);
    if (done) this.#does('destroys the copy', then(next));
    this.#does('cannot destroy the copy', this.#ended(next, 'destroy-failed'));
  }

  #fails(what: string, state: State): void {
    const row = this.rules.target[this.#target.state];
    if ('start-failed' in row.next) return this.#does(what, this.#advanced(state, 'start-failed'));
    if (row.onFailure !== 'destroyed') return this.#does(what, this.#ended(state, row.onFailure));
    this.#destroyCopy(state, (next) => this.#ended(next, 'destroyed'));
  }

  #does(what: string, next: State): void {
    this.#steps.push({ what: `${this.#self} ${what}`, next });
  }

  #reads(message: ToTarget, then: (state: State) => State): void {
    const [first, ...toTarget] = this.migration.toTarget;
    if (first !== message) return;
    this.#does(`reads ${message}`, then(withMigration(this.now, this.index, { toTarget })));
  }

  #writes(message: ToSource, event: TargetEvent): void {
    const sent = this.#sent(this.now, message);
    this.#does(`writes ${message}`, this.#advanced(sent, event));
    this.#fails(`writes ${message}, and thinks that not all of it went out`, sent);
  }

  #sent(state: State, message: ToSource): State {
    const { toSource } = state.migrations[this.index]!;
    return withMigration(state, this.index, { toSource: [...toSource, message] });
  }

  /** Advances; the table's two ends are ends of the process. */
  #advanced(state: State, event: TargetEvent): State {
    const { state: at } = state.migrations[this.index]!.target;
    const next = this.rules.target[at].next[event];
    if (next === undefined) throw new Error(`${event} cannot happen in ${at}`);
    const advanced = withTarget(state, this.index, { state: next });
    const isEnd = next === 'completed' || next === 'given-back';
    return isEnd ? this.#ended(advanced, this.rules.target[next].onFailure) : advanced;
  }

  #ended(state: State, end: TargetOutcome): State {
    return withTarget(state, this.index, { end });
  }
}
