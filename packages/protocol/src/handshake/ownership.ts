/**
 * The rules by which a domain's owner decides who may command it. The owner is whatever runs the domain: on
 * the embedded hypervisor, the domain's own process. Pure code: that process and the model that checks it
 * exhaustively share it.
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
   * Number of changes of who may run the domain: suspended, resumed, sent away, taken back, started. A
   * request carries the number that its sender saw; one with another number is refused.
   */
  readonly epoch: number;
}

/** Requests that only the toolstack that holds the domain may make. */
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
  /** Set if the act changes who may run the domain. */
  readonly changesEpoch?: true;
}

export type HolderRow = Readonly<Partial<Record<Standing, HolderMove>>>;

/** Effects of the holder's requests, by the domain's standing; what is absent is refused. */
export const holderTable: Readonly<Record<HolderAct, HolderRow>> = {
  'set-log-dirty': { taken: { to: 'taken' }, suspended: { to: 'suspended' } },
  suspend: { taken: { to: 'suspended', changesEpoch: true } },
  'read-context': { suspended: { to: 'suspended' } },
  pause: { suspended: { to: 'suspended' } },
  resume: { suspended: { to: 'taken', changesEpoch: true } },
  // The last check before permission: nothing comes between it and the act.
  'send-away': { suspended: { to: 'sent', changesEpoch: true } },
  'take-back': { sent: { to: 'taken', changesEpoch: true } },
  destroy: {
    taken: { to: 'gone' },
    suspended: { to: 'gone' },
    sent: { to: 'gone' },
    incoming: { to: 'gone' },
  },
  adopt: { incoming: { to: 'incoming' } },
  // The receiver keeps holding the domain until it has heard of the start: it may still have to destroy the
  // copy.
  start: { incoming: { to: 'taken', changesEpoch: true } },
  release: {
    taken: { to: 'free' },
    suspended: { to: 'abandoned' },
    // A new epoch: whoever saw the domain sent, with a toolstack able to take it back, has seen another
    // situation.
    sent: { to: 'away', changesEpoch: true },
    incoming: { to: 'gone' },
  },
};

/**
 * Moves of the domain for operators' commands that take or resume it; all other commands leave its standing
 * as it is.
 */
export const commandMoves: Readonly<Partial<Record<DomainCommand, HolderMove>>> = {
  migrate: { to: 'taken' },
  save: { to: 'taken' },
  resume: { to: 'free', changesEpoch: true },
  'resume --force': { to: 'free', changesEpoch: true },
  destroy: { to: 'gone' },
};

/** The tables by which an owner decides. */
export interface OwnerTables {
  readonly commands: Readonly<Record<DomainCommand, CommandRow>>;
  readonly commandMoves: Readonly<Partial<Record<DomainCommand, HolderMove>>>;
  readonly holder: Readonly<Record<HolderAct, HolderRow>>;
}

export const ownerTables: OwnerTables = { commands: commandTable, commandMoves, holder: holderTable };

/**
 * The reason why an owner refuses. `stale`: the domain was suspended, resumed or moved since the sender
 * looked at it; `not-holder`: only the holder may request that, and not now.
 */
export type OwnerRefusal = Refusal | 'stale' | 'not-holder';

export type OwnerVerdict =
  | { readonly allowed: true; readonly next: Ownership | 'gone' }
  | { readonly allowed: false; readonly why: OwnerRefusal };

/**
 * Decides what a command does that comes from anybody but the holder.
 * @param seen the epoch that the sender saw when it decided; undefined if it saw none
 */
export function judgeCommand(
  ownership: Ownership,
  command: DomainCommand,
  seen: number | undefined,
  tables: OwnerTables = ownerTables,
): OwnerVerdict {
  // This comes first: a decision about an earlier situation must not be judged by the present one.
  if (seen !== undefined && seen !== ownership.epoch) return { allowed: false, why: 'stale' };
  const verdict = tables.commands[command][ownership.standing];
  if (verdict !== 'does') return { allowed: false, why: verdict };
  return moved(ownership, tables.commandMoves[command]);
}

/**
 * Decides what a request does that comes from the toolstack that holds the domain.
 * @param seen the epoch that the holder saw; undefined if it has seen none yet
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
