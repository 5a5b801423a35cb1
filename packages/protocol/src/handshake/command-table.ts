/**
 * Table of what each command does to a domain, by the domain's standing, when anybody sends it except the
 * toolstack that holds the domain. The owner of the domain applies this table at the moment of the act.
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

/** The reason why a command is refused. */
export type Refusal =
  /** A migration or a save holds the domain. */
  | 'held'
  /** The domain is suspended, and no toolstack holds it. */
  | 'suspended'
  | 'not-suspended'
  /** The domain was sent away, and may run at the target. */
  | 'away'
  /** The domain is arriving. */
  | 'incoming'
  /** The host has another domain with the same UUID. */
  | 'here';

export type Verdict = 'does' | Refusal;

export type CommandRow = Readonly<Record<Standing, Verdict>>;

/** A row that is the same for all standings. */
const always: CommandRow = {
  free: 'does',
  taken: 'does',
  suspended: 'does',
  abandoned: 'does',
  sent: 'does',
  away: 'does',
  incoming: 'does',
};

/**
 * A row for commands that change the guest's state; an `abandoned` domain applies them when it is resumed.
 */
const changesRunState: CommandRow = {
  ...always,
  suspended: 'held',
  sent: 'held',
  away: 'away',
  incoming: 'incoming',
};

/** A row for commands that read the guest while it runs. */
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
  // --force does not help either: the migration still learns what became of the domain.
  sent: 'held',
  away: 'away',
  incoming: 'incoming',
};

export const commandTable: Readonly<Record<DomainCommand, CommandRow>> = {
  /** Row of `list`, and of `domid`, `domname` and `console`. */
  list: always,
  // Legal while the domain is `taken`, too: it then arrives, or is restored, paused.
  pause: changesRunState,
  unpause: changesRunState,
  // Illegal once the configuration is on its way. A domain that is away stays away under any name.
  rename: { ...always, taken: 'held', suspended: 'held', sent: 'held', incoming: 'incoming' },
  resume,
  'resume --force': { ...resume, away: 'does' },
  // Illegal while the other end may still give the domain back: otherwise no copy would be left.
  destroy: { ...always, sent: 'held' },
  'dirty-rate': movesOrMeasures,
  save: movesOrMeasures,
  migrate: movesOrMeasures,
  /**
   * `create` or `restore` of another domain with the same UUID: refused where the domain is, and where it is
   * known to be elsewhere.
   */
  create: {
    free: 'here',
    taken: 'here',
    suspended: 'here',
    abandoned: 'here',
    sent: 'held',
    away: 'away',
    incoming: 'incoming',
  },
  /**
   * `migrate-receive` of the same UUID: a host may send to itself, and the arriving domain is judged again
   * when it starts.
   */
  receive: { ...always, free: 'here', abandoned: 'here' },
};
