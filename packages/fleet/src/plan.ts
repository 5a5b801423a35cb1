/** The plan of a run: where each domain goes, and when, if all goes as estimated. */
import type { FleetHost } from './inventory.js';
import { choosePlacement, type Underway } from './placement.js';
import type { RunDomain, RunOptions } from './run.js';

/** Estimate of a migration. */
export interface Estimate {
  readonly totalMilliseconds: number;
  readonly downtimeMilliseconds?: number | undefined;
}

export interface PlannedMove extends Partial<Estimate> {
  readonly uuid: string;
  /** Absent if no target can take it. */
  readonly target?: string;
  /** Reasons why no target can take it. */
  readonly why?: string;
  /** Time from the beginning of the run; absent if no estimate is known for it, or for one before it. */
  readonly startMilliseconds?: number;
}

/**
 * Plans the moves of a run.
 * @param domains in the order in which they move
 * @param estimates by UUID
 */
export function planMoves(
  domains: readonly RunDomain[],
  targets: readonly FleetHost[],
  options: Pick<RunOptions, 'in' | 'out'>,
  estimates: ReadonlyMap<string, Estimate> = new Map(),
): PlannedMove[] {
  const arrived: Underway[] = [];
  const leaving = new Array<number>(options.out).fill(0);
  const arriving = new Map(targets.map(({ name }) => [name, new Array<number>(options.in).fill(0)]));
  return domains.map((domain) => {
    const { uuid } = domain;
    const placement = choosePlacement(domain, { targets, underway: arrived, in: Infinity }, domain.unfit);
    if (placement.kind !== 'target') {
      return { uuid, why: placement.kind === 'none' ? placement.why : 'all targets are full' };
    }
    const { target } = placement;
    arrived.push({ domain, target });
    const estimate = estimates.get(uuid);
    // It needs a place among those that leave, and one among those that arrive at its target.
    const places = [leaving, arriving.get(target)!].map((all) => ({
      all,
      at: all.indexOf(Math.min(...all)),
    }));
    const start = Math.max(...places.map(({ all, at }) => all[at]!));
    for (const { all, at } of places) all[at] = start + (estimate?.totalMilliseconds ?? Infinity);
    return { uuid, target, ...estimate, ...(Number.isFinite(start) && { startMilliseconds: start }) };
  });
}
