/**
 * A domain's owner decides who may tell it what. The owner is whoever runs the domain: on the embedded hypervisor the
 * domain's own process. Pure: the owner's process and the model that checks it exhaustively both run from here.
 *
 *     free -> taken -> suspended -> sent -> gone         (a migration)
 *     free -> taken -> suspended -> gone, or taken       (a save)
 *     incoming -> taken -> free                          (an arrival, with permission)
 *
 * A holder that is gone leaves taken as free, suspended as abandoned, sent as away, and of incoming nothing.
 */
import { type CommandRow, commandTable, type DomainCommand, type Refusal } from './command-table.js';
import type { Standing } from './standing.js';

export interface Ownership {
  readonly standing: Standing;
  /**
   * Counts each change of who may run the domain: suspended, resumed, sent away, taken back, started. A request names
   * the number that its sender saw, and any other is refused.
   */
  readonly epoch: number;
}

/** What only the toolstack that holds the domain may ask. */
export type HolderAct =
  | 'set-log-dirty'
  | 'suspend'
  | 'read-context'
  | 'pause'
  | 'resume'
  | 'send-away'
  | 'take-back'
  | 'destroy'
  | 'adopt'
  | 'start'
  | 'release';

export interface HolderMove {
  readonly to: Standing | 'gone';
  /** Who may run the domain changes with it. */
  readonly changesEpoch?: true;
}

export type HolderRow = Readonly<Partial<Record<Standing, HolderMove>>>;

/** What its holder may do with it in each standing; what is not named is refused. */
export const holderTable: Readonly<Record<HolderAct, HolderRow>> = {
  'set-log-dirty': { taken: { to: 'taken' }, suspended: { to: 'suspended' } },
  suspend: { taken: { to: 'suspended', changesEpoch: true } },
  'read-context': { suspended: { to: 'suspended' } },
  pause: { suspended: { to: 'suspended' } },
  resume: { suspended: { to: 'taken', changesEpoch: true } },
  // The last look before permission: there is none between it and the act.
  'send-away': { suspended: { to: 'sent', changesEpoch: true } },
  'take-back': { sent: { to: 'taken', changesEpoch: true } },
  destroy: {
    taken: { to: 'gone' },
    suspended: { to: 'gone' },
    sent: { to: 'gone' },
    incoming: { to: 'gone' },
  },
  adopt: { incoming: { to: 'incoming' } },
  // Its receiver's until it has heard of the start: it may still have to take the copy away.
  start: { incoming: { to: 'taken', changesEpoch: true } },
  release: {
    taken: { to: 'free' },
    suspended: { to: 'abandoned' },
    // A new epoch: who saw it sent, with a toolstack to take it back, has seen another state of affairs.
    sent: { to: 'away', changesEpoch: true },
    incoming: { to: 'gone' },
  },
};

/** What becomes of a domain that an operator's command takes or resumes; any other leaves it as it stands. */
export const commandMoves: Readonly<Partial<Record<DomainCommand, HolderMove>>> = {
  migrate: { to: 'taken' },
  save: { to: 'taken' },
  resume: { to: 'free', changesEpoch: true },
  'resume --force': { to: 'free', changesEpoch: true },
  destroy: { to: 'gone' },
};

/** What an owner decides by. */
export interface OwnerTables {
  readonly commands: Readonly<Record<DomainCommand, CommandRow>>;
  readonly commandMoves: Readonly<Partial<Record<DomainCommand, HolderMove>>>;
  readonly holder: Readonly<Record<HolderAct, HolderRow>>;
}

export const ownerTables: OwnerTables = { commands: commandTable, commandMoves, holder: holderTable };

/**
 * Why an owner refuses; `stale`: the domain was suspended, resumed or moved since the sender has looked at it;
 * `not-holder`: only the holder may ask for that, and not now.
 */
export type OwnerRefusal = Refusal | 'stale' | 'not-holder';

export type OwnerVerdict =
  | { readonly allowed: true; readonly next: Ownership | 'gone' }
  | { readonly allowed: false; readonly why: OwnerRefusal };

/**
 * Decides what a command of anybody but the holder does.
 * @param seen the epoch that its sender saw when it decided; undefined where it saw none
 */
export function judgeCommand(
  ownership: Ownership,
  command: DomainCommand,
  seen: number | undefined,
  tables: OwnerTables = ownerTables,
): OwnerVerdict {
  // First: what was decided on another state of affairs is not to be judged by this one.
  if (seen !== undefined && seen !== ownership.epoch) return { allowed: false, why: 'stale' };
  const verdict = tables.commands[command][ownership.standing];
  if (verdict !== 'does') return { allowed: false, why: verdict };
  return moved(ownership, tables.commandMoves[command]);
}

/**
 * Decides what a request of the toolstack that holds the domain does.
 * @param seen the epoch that it saw; undefined where it has seen none yet
 */
export function judgeHolder(
  ownership: Ownership,
  act: HolderAct,
  seen: number | undefined,
  tables: OwnerTables = ownerTables,
): OwnerVerdict {
  if (seen !== undefined && seen !== ownership.epoch) return { allowed: false, why: 'stale' };
  const move = tables.holder[act][ownership.standing];
  return move === undefined ? { allowed: false, why: 'not-holder' } : moved(ownership, move);
}

function moved(ownership: Ownership, move: HolderMove | undefined): OwnerVerdict {
  if (move === undefined) return { allowed: true, next: ownership };
  if (move.to === 'gone') return { allowed: true, next: 'gone' };
  return {
    allowed: true,
    next: { standing: move.to, epoch: ownership.epoch + (move.changesEpoch === true ? 1 : 0) },
  };
}
