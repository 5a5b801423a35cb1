/**
 * The source of a migration, run from sourceTable as live-migrate.ts does. A lost or broken message, the
 * end of the line, an interrupt and a timeout are the same: it fails where it is, and the row says what
 * follows.
 */
import type { HolderAct, SourceEvent, SourceOutcome } from '@mig/protocol/handshake';
import { type Answer, find, holderAsks } from './owner.js';
import type { Rules } from './rules.js';
import {
  type Migration,
  type Process,
  type Source,
  type State,
  type Step,
  type ToSource,
  type ToTarget,
  withCopy,
  withMigration,
  withSource,
} from './state.js';

/** @param index number of the migration */
export function sourceSteps(state: State, rules: Rules, index: number): Step[] {
  const migration = state.migrations[index]!;
  if (migration.source.end !== undefined) return [];
  return new SourceActor(state, rules, index, migration).steps();
}

class SourceActor {
  readonly #self: Process;
  readonly #source: Source;
  readonly #steps: Step[] = [];

  constructor(
    private readonly now: State,
    private readonly rules: Rules,
    private readonly index: number,
    private readonly migration: Migration,
  ) {
    this.#self = `source ${index}`;
    this.#source = migration.source;
  }

  steps(): Step[] {
    this.#act();
    this.#fails(`fails in ${this.#source.state}`, this.now);
    return this.#steps;
  }

  #act(): void {
    switch (this.#source.state) {
      case 'awaiting-banner':
        return this.#reads('banner', 'banner-read', (state) => this.#sent(state, 'configuration'));
      case 'precopy':
        return this.#does('ends precopy', this.#advanced(this.now, 'precopy-finished'));
      case 'suspending':
        return this.#suspend();
      case 'stop-and-copy':
        return this.#stopAndCopy();
      case 'awaiting-ready':
        return this.#reads('ready', 'ready-read');
      case 'renaming-away':
        return this.#sendAway();
      case 'giving-permission':
        return this.#givePermission();
      case 'awaiting-report':
        this.#reads('success', 'success-read');
        return this.#reads('failure', 'failure-read');
      case 'awaiting-permission-back':
        return this.#reads('permission', 'permission-back-read');
      case 'taking-back':
        return this.#asks(this.#wayBack(), (next) => this.#ended(this.#advanced(next, 'resumed'), 'resumed'));
      case 'destroying':
        return this.#destroy();
      case 'completed':
      case 'taken-back':
    }
  }

  #suspend(): void {
    const { from } = this.migration;
    const holds = this.now.copies[from]?.holder === this.#self;
    if (this.#source.waits === 'nothing') {
      if (!holds) return;
      const asked = withSource(this.now, this.index, { waits: 'suspend' });
      return this.#does('asks for the suspend', withCopy(asked, from, { suspendAsked: true }));
    }
    if (this.#source.answered !== 'done') return;
    const confirmed = holds ? withCopy(this.now, from, { unconfirmed: false }) : this.now;
    const heard = withSource(confirmed, this.index, { waits: 'nothing', answered: undefined });
    this.#does('hears of the suspend', this.#advanced(heard, 'suspend-acknowledged'));
  }

  /**
   * Sends the last pages, then the context of the suspend that it has heard of, then the end of the stream.
   */
  #stopAndCopy(): void {
    const { from } = this.migration;
    const copy = this.now.copies[from];
    if (copy === undefined) return;
    if (this.#source.waits === 'nothing') {
      const read = withCopy(this.now, from, { pagesReadBy: this.#self });
      return this.#does('reads the last pages', withSource(read, this.index, { waits: 'context' }));
    }
    const image = { torn: copy.pagesReadBy !== this.#self, paused: copy.paused };
    this.#asks('read-context', (next) => {
      const ready = withMigration(withSource(next, this.index, { waits: 'nothing' }), this.index, { image });
      return this.#sent(this.#advanced(ready, 'stream-written'), 'stream');
    });
  }

  #sendAway(): void {
    this.#asks('send-away', (next) => this.#advanced(next, 'renamed-away'));
    // It checks once more for an interrupt, now that the domain has the other name.
    const { done, next } = this.#answer('send-away');
    if (done) this.#fails('sends the domain away, and is interrupted', next);
  }

  #givePermission(): void {
    const sent = this.#sent(this.now, 'permission');
    this.#does('gives permission', this.#advanced(sent, 'permission-written'));
    this.#fails('gives permission, and thinks that not all of it went out', sent);
    const nothing = withSource(this.now, this.index, { state: 'renaming-away' });
    this.#fails('cannot write a byte of permission', nothing);
  }

  /** Destroys the domain: a process that does not answer is killed, and a missing one needs nothing. */
  #destroy(): void {
    const { done, why, next } = this.#answer('destroy');
    const isGone = done || why === 'gone';
    const then = isGone ? this.#advanced(next, 'destroyed') : next;
    this.#does('destroys it', this.#ended(then, isGone ? 'destroyed' : 'destroy-failed'));
  }

  #does(what: string, next: State): void {
    this.#steps.push({ what: `${this.#self} ${what}`, next });
  }

  /** Reads the message if it is the next one of the line. */
  #reads(message: ToSource, event: SourceEvent, then = (state: State): State => state): void {
    const [first, ...toSource] = this.migration.toSource;
    if (first !== message) return;
    const read = withMigration(this.now, this.index, { toSource });
    this.#does(`reads ${message}`, then(this.#advanced(read, event)));
  }

  /** Makes a request to the domain's process; refusals, and answers not waited for, are failures. */
  #asks(act: HolderAct, then: (next: State) => State): void {
    const { done, next } = this.#answer(act);
    if (!done) return this.#fails(`is refused ${act}`, next);
    this.#does(act, then(next));
    const { epoch } = this.#source;
    this.#fails(`${act}, and does not hear of it`, withSource(next, this.index, { deaf: true, epoch }));
  }

  #answer(act: HolderAct, from = this.now): Answer {
    const { from: copy, to } = this.migration;
    const { epoch: seen, deaf } = from.migrations[this.index]!.source;
    if (deaf) return { done: false, why: 'deaf', next: from };
    const answer = holderAsks(from, this.rules, copy, { by: this.#self, act, seen, sentTo: to });
    const epoch = answer.next.copies[copy]?.epoch;
    return answer.done ? { ...answer, next: withSource(answer.next, this.index, { epoch }) } : answer;
  }

  /** The request that lets it run again, by its process's decision. */
  #wayBack(state = this.now): HolderAct {
    return state.copies[this.migration.from]?.standing === 'sent' ? 'take-back' : 'resume';
  }

  /** Does what the row of a failure asks for. */
  #fails(what: string, state: State): void {
    const { state: at, answered } = state.migrations[this.index]!.source;
    const left = find(state.copies[this.migration.from]);
    const isLate = at === 'suspending' && answered !== 'refused' && left === 'suspended';
    const outcome = this.rules.source[isLate ? 'stop-and-copy' : at].onFailure;
    if (outcome !== 'resumed') return this.#does(what, this.#ended(state, outcome));
    if (left !== 'suspended') {
      return this.#does(what, this.#ended(state, left === 'gone' ? 'resume-failed' : 'resumed'));
    }
    const { done, next } = this.#answer(this.#wayBack(state), state);
    this.#does(`${what}; resumes it`, this.#ended(next, done ? 'resumed' : 'resume-failed'));
    if (done) this.#does(`${what}; resumes it, and does not hear of it`, this.#ended(next, 'resume-failed'));
  }

  #advanced(state: State, event: SourceEvent): State {
    const { state: at } = state.migrations[this.index]!.source;
    const next = this.rules.source[at].next[event];
    if (next === undefined) throw new Error(`${event} cannot happen in ${at}`);
    return withSource(state, this.index, { state: next });
  }

  #sent(state: State, message: ToTarget): State {
    const { toTarget } = state.migrations[this.index]!;
    return withMigration(state, this.index, { toTarget: [...toTarget, message] });
  }

  #ended(state: State, outcome: SourceOutcome): State {
    const left = find(state.copies[this.migration.from]);
    return withSource(state, this.index, { end: { outcome, left } });
  }
}
