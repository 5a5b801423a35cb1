/** What the model runs by: the product's own tables and judges, unless a mutation puts another in their place. */
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
  /** Whether a domain's UUID is this host's: no second one of it is started or resumed there. */
  readonly isHere: (standing: Standing) => boolean;
  /** A suspend of which its toolstack never heard is undone when that is gone. */
  readonly undoesUnheardSuspend: boolean;
  /** A started copy is its receiver's until that has heard of the start, and lets go of it or is gone. */
  readonly holdsStarted: boolean;
  /** An operator reads the epoch when looking, not only when the command is given. */
  readonly operatorNamesEpoch: boolean;
  /** What an operator takes for nothing when looking whether a domain is at another host. */
  readonly operatorOverlooks: readonly Standing[];
  /** Where an operator looks: first where the domain was sent, then wherever it may have gone from there. */
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
