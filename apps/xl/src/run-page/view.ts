/** Content of the page of a run: made by `viewOf`, sent to browsers as JSON, and drawn there. */
import type { DomainState } from '@mig/fleet';

/** Orders that an operator can give from the page. */
export const pageOrders = ['pause', 'go', 'abort'] as const;
export type PageOrder = (typeof pageOrders)[number];

/** Stage of a run. */
export type RunStage =
  | 'running'
  | 'paused'
  /** An operator has aborted it, and its controller is ending it. */
  | 'aborting'
  /** The run is not over, and no controller is at work. */
  | 'unattended'
  | 'over';

export interface RunView {
  readonly kind: 'run';
  readonly run: string;
  readonly title: string;
  readonly stage: RunStage;
  /** Stage in words, with what to do if there is something. */
  readonly words: string;
  /** Whether something needs a person, or did not move. */
  readonly isBad: boolean;
  /** Numbers of domains in words. */
  readonly summary: string;
  readonly moved: number;
  readonly total: number;
  /** Times in milliseconds since 1970, by the clock of the host. */
  readonly began: number;
  readonly ended?: number | undefined;
  readonly now: number;
  /** Limits of the run, as names and values. */
  readonly limits: readonly (readonly [name: string, value: string])[];
  readonly deadline?: number | undefined;
  /** Remark on the domains. */
  readonly note?: string | undefined;
  /** Orders that can be given now; none where the page is read-only. */
  readonly orders: readonly PageOrder[];
  readonly hosts: readonly Column[];
  readonly domains: readonly Row[];
}

/** Shown instead of a run that cannot be read. */
export interface ProblemView {
  readonly kind: 'problem';
  readonly message: string;
}

export type View = RunView | ProblemView;

export interface Row {
  readonly uuid: string;
  readonly name: string;
  readonly memory: string;
  readonly state: DomainState;
  /** State in words, with the host that it concerns. */
  readonly words: string;
  readonly why?: string | undefined;
  /** Time before which it is not tried again, in milliseconds since 1970. */
  readonly again?: number | undefined;
  readonly pass?: { readonly percent: number; readonly words: string } | undefined;
  readonly rate?: string | undefined;
  /** The downtime if it were suspended now. */
  readonly estimate?: string | undefined;
  readonly downtime?: string | undefined;
}

/** A host as a column of memory. */
export interface Column {
  readonly name: string;
  readonly role: 'from' | 'to';
  readonly words: readonly string[];
  /** The reason why little is known of it, or why no domain may arrive. */
  readonly note?: string | undefined;
  /** Parts of its memory, the lowest first; together they are as high as the column. */
  readonly blocks: readonly Block[];
  /** Height as a share of the highest column. */
  readonly height: number;
}

export type BlockKind =
  /** Memory of anything but domains. */
  | 'other'
  /** A domain that is not in the run. */
  | 'resident'
  | 'waiting'
  | 'leaving'
  | 'arriving'
  | 'arrived'
  | 'staying'
  | 'free';

export interface Block {
  readonly id: string;
  readonly kind: BlockKind;
  readonly name: string;
  readonly words: string;
  /** Share of the column's height. */
  readonly share: number;
  /** Whether it is drawn smaller than its memory. */
  readonly isCut?: true;
  /** Share of an arriving domain's memory that has been sent in this pass. */
  readonly done?: number;
}
