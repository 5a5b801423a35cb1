/** A run: what is to be moved, and what became of each domain. It is data; controller.ts has what may follow what. */
import type { FleetDomain } from './inventory.js';
import type { Order } from './placement.js';

export type DomainState =
  /** The domain is at the source, and is to be moved. */
  | 'waiting'
  /** A migration of it was begun. */
  | 'moving'
  /** A migration of it has ended without saying how: the hosts are asked. */
  | 'asking'
  /** The domain runs at its target. */
  | 'moved'
  /** The domain stays at the source. */
  | 'stayed'
  /** The domain is on none of the hosts. */
  | 'gone'
  /** The hosts do not tell what became of it: a person must look. */
  | 'person';

/** The states that may follow each; a state that nothing follows is final. */
export const transitions: Readonly<Record<DomainState, readonly DomainState[]>> = {
  waiting: ['moving', 'asking', 'moved', 'stayed', 'gone', 'person'],
  moving: ['waiting', 'asking', 'moved', 'stayed', 'gone', 'person'],
  asking: ['waiting', 'moving', 'moved', 'stayed', 'gone', 'person'],
  moved: [],
  stayed: [],
  gone: [],
  person: [],
};

export function isFinal(state: DomainState): boolean {
  return transitions[state].length === 0;
}

export interface RunDomain extends FleetDomain {
  readonly state: DomainState;
  /** The host that it goes to, or went to; of one that waits, the one that is planned. */
  readonly target?: string | undefined;
  /** Reason of its state, as a sentence without a full stop. */
  readonly why?: string | undefined;
  /** Time before which it is not tried again, in milliseconds since 1970. */
  readonly notBefore: number;
  /** Whether somebody else has begun the migration: it is waited for, and not steered. */
  readonly isForeign?: boolean | undefined;
  /** Number of migrations that ended because it was too busy. */
  readonly busy: number;
  /** Number of times that no target took it. */
  readonly refused: number;
  /** Number of migrations that failed for another reason. */
  readonly failed: number;
  /** Number of looks at the hosts that did not tell what became of it. */
  readonly unclear: number;
  /** Sentences that keep it from a target, by the target's name. */
  readonly unfit: Readonly<Record<string, string>>;
}

/** Figures of a migration that has ended. */
export interface EndedMigration {
  /** Beginning of its command in milliseconds since 1970, by the clock of the host that the domain has left. */
  readonly began: number;
  /** Time from the target's greeting to its end. */
  readonly milliseconds: number;
  /** Absent if it failed. */
  readonly downtimeMilliseconds?: number | undefined;
  readonly octets: number;
  /** Number of its live passes. */
  readonly passes: number;
}

/** Figures of a domain, once they are known. */
export interface DomainFigures {
  /** Downtime in milliseconds. */
  readonly downtimeMilliseconds?: number | undefined;
  /** The domain's last migration that has ended. */
  readonly migration?: EndedMigration | undefined;
}

/** Figures of the domains of a run, by their UUIDs. */
export interface RunFigures {
  /** Downtimes in milliseconds. */
  readonly downtimes: Readonly<Record<string, number>>;
  /** The last migrations that have ended. */
  readonly migrations?: Readonly<Record<string, EndedMigration>> | undefined;
}

/** Returns what is known of a domain, and nothing else. */
export function figuresOf({ downtimes, migrations }: RunFigures, uuid: string): DomainFigures {
  const downtimeMilliseconds = downtimes[uuid];
  const migration = migrations?.[uuid];
  return {
    ...(downtimeMilliseconds !== undefined && { downtimeMilliseconds }),
    ...(migration !== undefined && { migration }),
  };
}

/** Adds what is newly known of a domain. */
export function withFigures(figures: RunFigures, uuid: string, news: DomainFigures): RunFigures {
  const { downtimes, migrations } = figures;
  const { downtimeMilliseconds, migration } = news;
  return {
    downtimes:
      downtimeMilliseconds === undefined ? downtimes : { ...downtimes, [uuid]: downtimeMilliseconds },
    ...((migrations ?? migration) && {
      migrations: migration === undefined ? migrations : { ...migrations, [uuid]: migration },
    }),
  };
}

export interface RunOptions {
  readonly targets: readonly string[];
  /** Most domains that leave at once. */
  readonly out: number;
  /** Most domains that are on their way to a target at once. */
  readonly in: number;
  /** Bytes per second for all migrations together. */
  readonly link?: number | undefined;
  /** Longest downtime asked for, in milliseconds. */
  readonly maxDowntime?: number | undefined;
  /** Time in milliseconds since 1970: from then on a domain is moved whatever its downtime. */
  readonly deadline?: number | undefined;
  readonly order: Order;
  /** Patterns of names of domains that stay. */
  readonly leave: readonly string[];
}

/** The limits and the order of a run for which none are given. */
export const usualOptions = { out: 2, in: 2, order: 'largest' } as const;

export interface Run {
  readonly id: string;
  readonly options: RunOptions;
  /** Beginning in milliseconds since 1970. */
  readonly began: number;
  /** Times before which targets are left alone that have refused a domain, in milliseconds since 1970, by their names. */
  readonly resting: Readonly<Record<string, number>>;
  /** Domains in the order in which they move. */
  readonly domains: readonly RunDomain[];
}

/** Makes a domain of a run that is to be moved. */
export function waiting({ uuid, name, memory, vcpus, apart, priority }: FleetDomain): RunDomain {
  const domain = { uuid, name, memory, vcpus, ...(apart !== undefined && { apart }), priority };
  return {
    ...domain,
    ...{ state: 'waiting', notBefore: 0, busy: 0, refused: 0, failed: 0, unclear: 0, unfit: {} },
  };
}

/** Changes a domain of a run. @throws TypeError if its state may not become that one */
export function changed(run: Run, uuid: string, change: Partial<RunDomain>): Run {
  return {
    ...run,
    domains: run.domains.map((domain) => {
      if (domain.uuid !== uuid) return domain;
      const { state } = domain;
      const next = change.state ?? state;
      if (next !== state && !transitions[state].includes(next)) {
        throw new TypeError(`${domain.name} is ${state} and cannot become ${next}`);
      }
      return { ...domain, ...change };
    }),
  };
}

export function isOver({ domains }: Run): boolean {
  return domains.every(({ state }) => isFinal(state));
}
