/**
 * Emptying a host, apart from input and output. A run is data: `reconcile` brings it in line with what the hosts
 * say, `next` decides which migrations begin, `settle` notes how one ended, and `shareLine` and `nextTurn` share the line.
 */
export {
  LEAST_RATE,
  type LineStage,
  type LineUser,
  nextTurn,
  rateChanges,
  shareLine,
  TRICKLE_RATE,
  TRICKLE_SHARE,
} from './budget.js';
export { giveUp, next, reconcile, type Start, type Step } from './controller.js';
export {
  type FleetDomain,
  type FleetHost,
  type FleetView,
  memoryToArrive,
  type Presence,
  type PresentDomain,
} from './inventory.js';
export { type AttemptEnd, meaningOf, settle } from './outcome.js';
export {
  type Candidates,
  choosePlacement,
  inOrder,
  namePattern,
  type Order,
  orders,
  type Placement,
  type Underway,
} from './placement.js';
export { type Estimate, type PlannedMove, planMoves } from './plan.js';
export {
  changed,
  type DomainFigures,
  type DomainState,
  type EndedMigration,
  figuresOf,
  isFinal,
  isOver,
  type Run,
  type RunDomain,
  type RunFigures,
  type RunOptions,
  transitions,
  usualOptions,
  waiting,
  withFigures,
} from './run.js';
