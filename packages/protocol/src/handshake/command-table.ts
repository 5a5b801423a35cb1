/**
 * What each command does to a domain, by the domain's standing, when it comes from anybody but the toolstack that
 * holds the domain. The domain's owner decides by this table at the moment of the act.
 */
import type { Standing } from './standing.js';

export type DomainCommand =
  | 'list'
  | 'pause'
  | 'unpause'
  | 'rename'
  | 'resume'
  | 'resume --force'
  | 'destroy'
  | 'dirty-rate'
  | 'save'
  | 'migrate'
  | 'create'
  | 'receive';

/** Why a command is refused. */
export type Refusal =
  /** A migration or a save holds it. */
  | 'held'
  /** It is suspended, and nobody holds it. */
  | 'suspended'
  | 'not-suspended'
  /** It was sent away, and may run at the target. */
  | 'away'
  /** It is arriving. */
  | 'incoming'
  /** Another domain of its UUID is here. */
  | 'here';

export type Verdict = 'does' | Refusal;

export type CommandRow = Readonly<Record<Standing, Verdict>>;

/** A row that is the same in each standing. */
const always: CommandRow = {
  free: 'does',
  taken: 'does',
  suspended: 'does',
  abandoned: 'does',
  sent: 'does',
  away: 'does',
  incoming: 'does',
};

/** What is done to the guest as it stands here; `abandoned` domains take it for when they are resumed. */
const changesRunState: CommandRow = {
  ...always,
  suspended: 'held',
  sent: 'held',
  away: 'away',
  incoming: 'incoming',
};

/** What reads the guest while it runs. */
const movesOrMeasures: CommandRow = {
  free: 'does',
  taken: 'held',
  suspended: 'held',
  abandoned: 'suspended',
  sent: 'held',
  away: 'away',
  incoming: 'incoming',
};

const resume: CommandRow = {
  free: 'not-suspended',
  taken: 'not-suspended',
  suspended: 'held',
  abandoned: 'does',
  // Not with --force either: its migration still hears what became of it.
  sent: 'held',
  away: 'away',
  incoming: 'incoming',
};

export const commandTable: Readonly<Record<DomainCommand, CommandRow>> = {
  /** And `domid`, `domname`, `console`. */
  list: always,
  // While it is `taken` as well: it arrives, or is restored, as paused as it was.
  pause: changesRunState,
  unpause: changesRunState,
  // Not once its configuration is on its way. One that is away stays away under any name.
  rename: { ...always, taken: 'held', suspended: 'held', sent: 'held', incoming: 'incoming' },
  resume,
  'resume --force': { ...resume, away: 'does' },
  // Not while the other end may still give the domain back: none would be left.
  destroy: { ...always, sent: 'held' },
  'dirty-rate': movesOrMeasures,
  save: movesOrMeasures,
  migrate: movesOrMeasures,
  /** `create` and `restore` of another domain of its UUID: not where it is, nor where it is known to be elsewhere. */
  create: {
    free: 'here',
    taken: 'here',
    suspended: 'here',
    abandoned: 'here',
    sent: 'held',
    away: 'away',
    incoming: 'incoming',
  },
  /** `migrate-receive` of its UUID: a host may send to itself, and what arrives is judged again when it starts. */
  receive: { ...always, free: 'here', abandoned: 'here' },
};
