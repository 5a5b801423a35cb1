/** The rules of the model: the product's own tables and judges, unless a mutation replaces one. */
import {
  isHere,
  judgeCommand,
  judgeHolder,
  type OwnerTables,
  ownerTables,
  type SourceRow,
  type SourceState,
  sourceTable,
  type Standing,
  type TargetRow,
  type TargetState,
  targetTable,
} from '@mig/protocol/handshake';

export interface Rules {
  readonly source: Readonly<Record<SourceState, SourceRow>>;
  readonly target: Readonly<Record<TargetState, TargetRow>>;
  readonly tables: OwnerTables;
  readonly judgeCommand: typeof judgeCommand;
  readonly judgeHolder: typeof judgeHolder;
  /** Tells whether a domain's UUID is this host's: then no second one is started or resumed there. */
  readonly isHere: (standing: Standing) => boolean;
  /** Whether a suspend that its toolstack never heard of is undone when the toolstack is gone. */
  readonly undoesUnheardSuspend: boolean;
  /**
   * Whether a started copy is its receiver's until that has heard of the start, and releases it or is gone.
   */
  readonly holdsStarted: boolean;
  /** Whether an operator reads the epoch when looking, not only when commanding. */
  readonly operatorNamesEpoch: boolean;
  /** Standings that an operator takes for absence when looking at another host. */
  readonly operatorOverlooks: readonly Standing[];
  /** The hosts at which an operator looks: the domain's destination, then wherever it may have gone from there. */
  readonly operatorLooks: 'after it' | 'where it was sent' | 'in any order';
}

export const product: Rules = {
  source: sourceTable,
  target: targetTable,
  tables: ownerTables,
  judgeCommand,
  judgeHolder,
  isHere,
  undoesUnheardSuspend: true,
  holdsStarted: true,
  operatorNamesEpoch: true,
  operatorOverlooks: [],
  operatorLooks: 'after it',
};
