/**
 * A save that an operator has begun: afterwards the image exists, or the domain runs, or its operator is
 * told.
 */
import type { HolderAct } from '@mig/protocol/handshake';
import { tell, withOperator, without } from './operator.js';
import { find, holderAsks } from './owner.js';
import type { Rules } from './rules.js';
import { type Process, type State, type Step, withCopy } from './state.js';

export function saveSteps(state: State, rules: Rules, index: number): Step[] {
  const { id, copy, stage } = state.operators[index]!;
  const self: Process = `save ${id}`;
  const ask = (from: State, act: HolderAct) =>
    holderAsks(from, rules, copy, { by: self, act, seen: undefined });
  const step = (what: string, next: State): Step => ({ what: `${self} ${what}`, next });
  const found = state.copies[copy];

  /** Ends the save at any stage: a domain that it has suspended is resumed, or its operator told. */
  const undo = (from: State, isDeaf = false): State => {
    if (find(from.copies[copy]) !== 'suspended') return without(from, index);
    const { done, next } = isDeaf ? { done: false, next: from } : ask(from, 'resume');
    return without(done ? next : tell(next, 'save failed'), index);
  };
  const fails = step('fails', undo(state));

  switch (stage) {
    case 'taken': {
      const { done, next } = ask(state, 'suspend');
      if (!done) return [fails];
      const heard = withCopy(withOperator(next, index, { stage: 'suspended' }), copy, { unconfirmed: false });
      return [
        step('suspends it', heard),
        step('suspends it, and does not hear of it', undo(next, true)),
        fails,
      ];
    }
    case 'suspended': {
      if (found === undefined) return [fails];
      const read = withCopy(state, copy, { pagesReadBy: self });
      return [step('reads the pages', withOperator(read, index, { stage: 'pages-read' })), fails];
    }
    case 'pages-read': {
      const { done, next } = ask(state, 'read-context');
      if (!done || found === undefined) return [step('is refused the context', undo(next))];
      const image = { torn: found.pagesReadBy !== self, paused: found.paused };
      return [step('reads the context', withOperator(next, index, { stage: 'imaged', image })), fails];
    }
    case 'imaged': {
      const complete = { ...state, image: state.operators[index]!.image };
      const destroyed = ask(complete, 'destroy');
      const resumed = ask(complete, 'resume');
      const saved = tell(destroyed.next, destroyed.done ? 'saved' : 'save failed');
      return [
        step('completes the image and destroys the domain', without(saved, index)),
        step(
          'completes the image, and cannot destroy the domain',
          without(tell(complete, 'save failed'), index),
        ),
        ...(resumed.done
          ? [step('resumes the domain and completes the image', without(resumed.next, index))]
          : []),
        fails,
      ];
    }
    case 'look':
    case 'act':
      return [];
  }
}
