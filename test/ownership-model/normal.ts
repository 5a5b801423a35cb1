/** Normalises a state: removes what can make no difference any more, so that equivalent states become one. */
import {
  type Copy,
  isRunning,
  living,
  type Migration,
  type Source,
  type State,
  type Target,
} from './state.js';

export function normal(state: State): State {
  const disturbed = state.disturbed || state.migrations.length > 1;
  const migrations = mapped(state.migrations, (each) => settled(each, disturbed));
  const told = state.told.length > 0 && living(state).some(runsForGood) ? [] : state.told;
  return withSmallEpochs({ ...state, migrations, told, disturbed, wrong: undefined });
}

/** Tells whether its receiver may no longer take it back. */
function runsForGood(copy: Copy): boolean {
  return isRunning(copy) && copy.holder?.startsWith('target') !== true;
}

/** Reduces the end of a finished migration to what it has reported, and even less once others have acted. */
function settled(migration: Migration, disturbed: boolean): Migration {
  const { source, target, toTarget, toSource, image } = migration;
  const settledSource = source.end === undefined ? source : sourceOver(source, disturbed);
  const settledTarget = target.end === undefined ? target : targetOver(target, disturbed);
  // Messages to a process that has ended are never read.
  const toBeRead = {
    toSource: source.end === undefined ? toSource : none,
    toTarget: target.end === undefined ? toTarget : none,
    image: target.end === undefined ? image : undefined,
  };
  return toSource === toBeRead.toSource &&
    toTarget === toBeRead.toTarget &&
    image === toBeRead.image &&
    source === settledSource &&
    target === settledTarget
    ? migration
    : { ...migration, ...toBeRead, source: settledSource, target: settledTarget };
}

const none: [] = [];

/** Finished sources, one object for each end. */
const sourcesOver = new Map<string, Source>();
const targetsOver = new Map<string, Target>();

function sourceOver({ state, end }: Source, disturbed: boolean): Source {
  const isSuspended = end === 'killed' || end!.left === 'suspended';
  const told = !disturbed
    ? end!
    : ({ outcome: 'resumed', left: isSuspended ? 'suspended' : 'runs' } as const);
  const key = `${disturbed ? '' : state} ${JSON.stringify(told)}`;
  let over = sourcesOver.get(key);
  if (over === undefined) {
    const at = disturbed ? 'awaiting-banner' : state;
    over = { state: at, waits: 'nothing', answered: undefined, epoch: undefined, deaf: false, end: told };
    sourcesOver.set(key, over);
  }
  return over;
}

function targetOver({ end }: Target, disturbed: boolean): Target {
  const told = disturbed ? 'none' : end!;
  let over = targetsOver.get(told);
  if (over === undefined) {
    over = { state: 'greeting', copy: undefined, deaf: false, end: told };
    targetsOver.set(told, over);
  }
  return over;
}

/** Renumbers epochs: only which are equal, and which is the latest, matters. */
function withSmallEpochs(state: State): State {
  const copies = state.copies.map((copy, index) => {
    if (copy === undefined) return 0;
    return Math.min(copy.epoch, ...seenEpochs(state, index));
  });
  if (copies.every((least) => least === 0)) return state;
  return {
    ...state,
    copies: state.copies.map((copy, i) => copy && { ...copy, epoch: copy.epoch - copies[i]! }),
    migrations: mapped(state.migrations, (migration) => {
      const { source, from } = migration;
      if (source.epoch === undefined || copies[from] === 0) return migration;
      return { ...migration, source: { ...source, epoch: source.epoch - copies[from]! } };
    }),
    operators: mapped(state.operators, (operator) => {
      const { seen, copy } = operator;
      if (copies[copy] === 0) return operator;
      return { ...operator, seen: { ...seen, epoch: seen.epoch - copies[copy]! } };
    }),
  };
}

function seenEpochs(state: State, copy: number): number[] {
  return [
    ...state.migrations.flatMap(({ from, source: { epoch } }) =>
      from === copy && epoch !== undefined ? [epoch] : [],
    ),
    ...state.operators.flatMap((operator) => (operator.copy === copy ? [operator.seen.epoch] : [])),
  ];
}

/** Maps a list; returns the same list if nothing changes. */
function mapped<T>(list: readonly T[], change: (each: T) => T): readonly T[] {
  const next = list.map(change);
  return next.some((each, i) => each !== list[i]) ? next : list;
}
