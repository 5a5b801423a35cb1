/**
 * A state of the model: the copies of one domain, its migrations, the operators at work, and what was
 * reported.
 */
import type {
  DomainCommand,
  Ownership,
  SourceOutcome,
  SourceState,
  TargetOutcome,
  TargetState,
} from '@mig/protocol/handshake';

export type HostName = 'A' | 'B' | 'C';

/** A toolstack: the source or the target of a migration, by its number, or a command that saves. */
export type Process = `source ${number}` | `target ${number}` | `save ${number}`;

/** One copy of the domain, as its own process keeps it. */
export interface Copy extends Ownership {
  readonly host: HostName;
  readonly name: 'own' | 'away' | 'incoming' | 'other';
  readonly paused: boolean;
  readonly suspended: boolean;
  /** The holder of its connection; that process may be gone without the copy's knowledge. */
  readonly holder: Process | undefined;
  /** Whether its holder has asked for a suspend that is not done yet. */
  readonly suspendAsked: boolean;
  /** Whether its holder has not shown yet that it has heard of the suspend. */
  readonly unconfirmed: boolean;
  /** The process that has read its last pages since it last ran. */
  readonly pagesReadBy: Process | undefined;
  readonly sentTo: HostName | undefined;
}

/** The image of a suspended domain. It is torn if its pages and its context are of different suspends. */
export interface Image {
  readonly torn: boolean;
  readonly paused: boolean;
}

export type ToTarget = 'configuration' | 'stream' | 'permission';
export type ToSource = 'banner' | 'ready' | 'success' | 'failure' | 'permission';

/**
 * A toolstack's report to its operator at its end; one that was killed has reported nothing, and its killer
 * knows.
 */
export type SourceEnd = { readonly outcome: SourceOutcome; readonly left: Left } | 'killed';
/** The state of the domain here at the end. */
export type Left = 'runs' | 'paused' | 'suspended' | 'gone';

export interface Source {
  readonly state: SourceState;
  /** The wait within a state: for the suspend's answer, or for the context after the pages. */
  readonly waits: 'nothing' | 'suspend' | 'context' | 'settle';
  /** The owner's answer to the suspend, if any. */
  readonly answered: 'done' | 'refused' | undefined;
  readonly epoch: number | undefined;
  /** Whether it has not waited for an answer, and hears none on that connection any more. */
  readonly deaf: boolean;
  readonly end: SourceEnd | undefined;
}

export interface Target {
  readonly state: TargetState;
  readonly copy: number | undefined;
  readonly deaf: boolean;
  readonly end: TargetOutcome | 'killed' | undefined;
}

export interface Migration {
  readonly from: number;
  readonly to: HostName;
  readonly source: Source;
  readonly target: Target;
  readonly image: Image | undefined;
  readonly toTarget: readonly ToTarget[];
  readonly toSource: readonly ToSource[];
}

/** A command between its look and its act, or a save under way. */
export interface Operator {
  readonly id: number;
  readonly command: DomainCommand;
  readonly copy: number;
  readonly seen: Ownership;
  /** Hosts not looked at yet. */
  readonly toVisit: readonly HostName[];
  readonly found: 'nothing' | 'runs';
  /** The image that a save has read. */
  readonly image?: Image;
  /** The stage: looking, about to act; or how far its save has come. */
  readonly stage: 'look' | 'act' | 'taken' | 'suspended' | 'pages-read' | 'imaged';
}

export interface State {
  /** The copies; a missing one keeps its place. */
  readonly copies: readonly (Copy | undefined)[];
  readonly migrations: readonly Migration[];
  readonly operators: readonly Operator[];
  readonly image: Image | undefined;
  readonly commandsLeft: number;
  readonly deathsLeft: number;
  /** Reports that explain why no copy runs, since one last did. */
  readonly told: readonly ('destroyed' | 'killed' | 'saved' | 'save failed')[];
  /**
   * Whether anything but one migration has acted: an operator, a second migration, or the death of a
   * domain.
   */
  readonly disturbed: boolean;
  /** The violation by the step that led here. */
  readonly wrong: 'held' | 'torn' | undefined;
}

export interface Step {
  readonly what: string;
  readonly next: State;
}

/** Makes a copy that nobody holds, free and running by default. */
export function newCopy(host: HostName, other: Partial<Copy> = {}): Copy {
  return {
    host,
    name: 'own',
    standing: 'free',
    epoch: 0,
    paused: false,
    suspended: false,
    holder: undefined,
    suspendAsked: false,
    unconfirmed: false,
    pagesReadBy: undefined,
    sentTo: undefined,
    ...other,
  };
}

export function isRunning(copy: Copy): boolean {
  return !copy.paused && !copy.suspended;
}

export function living(state: State): Copy[] {
  return state.copies.filter((copy) => copy !== undefined);
}

/** @returns whether the process has ended */
export function isEnded(state: State, process: Process): boolean {
  const [kind, number] = process.split(' ') as ['source' | 'target' | 'save', string];
  if (kind === 'save') return !state.operators.some(({ id }) => id === Number(number));
  return state.migrations[Number(number)]![kind].end !== undefined;
}

/** Replaces one element. */
export function replaced<T>(list: readonly T[], index: number, value: T): readonly T[] {
  return list.map((each, i) => (i === index ? value : each));
}

export function withCopy(state: State, index: number, change: Partial<Copy> | undefined): State {
  const copy = change && { ...state.copies[index]!, ...change };
  return { ...state, copies: replaced(state.copies, index, copy) };
}

export function withMigration(state: State, index: number, change: Partial<Migration>): State {
  const migration = { ...state.migrations[index]!, ...change };
  return { ...state, migrations: replaced(state.migrations, index, migration) };
}

export function withSource(state: State, index: number, change: Partial<Source>): State {
  return withMigration(state, index, { source: { ...state.migrations[index]!.source, ...change } });
}

export function withTarget(state: State, index: number, change: Partial<Target>): State {
  return withMigration(state, index, { target: { ...state.migrations[index]!.target, ...change } });
}
