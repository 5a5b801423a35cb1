/** Store of what migrations from this host to a target have measured, for the estimates of later ones. */
import { join } from 'node:path';
import { readStateFile, writeStateFile } from '../host/state-file.js';

/**
 * Figure that a migration has measured.
 * - `suspend-costs`: milliseconds of downtime, whatever was dirty.
 * - `start-waits`: milliseconds for which the target kept the first pass waiting.
 * - `line-rates`: pages per second that the line carried without a bandwidth limit.
 */
export type RouteFigure = 'suspend-costs' | 'start-waits' | 'line-rates';

export interface Route {
  /** The hypervisor of this host, by the name in its info. */
  readonly hypervisor: string;
  /** The target, by the name that sent-to.ts gives. */
  readonly target: string;
}

/** Number of values kept for each route: the latest. */
const KEPT = 9;

export class RouteHistory {
  readonly #name: string;
  readonly #ofHypervisor: string;

  /** @param folder the host's folder for state */
  constructor(
    private readonly folder: string,
    { hypervisor, target }: Route,
  ) {
    this.#ofHypervisor = `${hypervisor} to `;
    this.#name = this.#ofHypervisor + target;
  }

  /** Returns the median of the latest values; undefined if none was measured on this route. */
  median(figure: RouteFigure): number | undefined {
    return medianOf(this.#read(figure)[this.#name] ?? []);
  }

  /** Returns the largest median of the other routes from this hypervisor, as an estimate for a new route. */
  largestElsewhere(figure: RouteFigure): number | undefined {
    const others = Object.entries(this.#read(figure))
      .filter(([name]) => name !== this.#name && name.startsWith(this.#ofHypervisor))
      .map(([, values]) => medianOf(values) ?? 0);
    return others.length === 0 ? undefined : Math.max(...others);
  }

  /** Adds a value, best effort: the measured migration has succeeded anyway. */
  add(figure: RouteFigure, value: number | undefined): void {
    if (value === undefined) return;
    const routes = this.#read(figure);
    routes[this.#name] = [...(routes[this.#name] ?? []), Math.round(value * 10) / 10].slice(-KEPT);
    writeStateFile(this.#pathOf(figure), routes);
  }

  #pathOf(figure: RouteFigure): string {
    return join(this.folder, `${figure}.json`);
  }

  #read(figure: RouteFigure): Record<string, number[]> {
    const isMeasured = (value: unknown): value is number[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'number' && each >= 0);
    return Object.fromEntries(
      readStateFile(this.#pathOf(figure)).filter((each): each is [string, number[]] => isMeasured(each[1])),
    );
  }
}

export interface SuspendCost {
  readonly milliseconds: number;
  /**
   * Whether the cost was measured on this route; otherwise it comes from other routes, or from the
   * hypervisor's assumption.
   */
  readonly isMeasured: boolean;
}

export function suspendCostOf(history: RouteHistory, assumed: number): SuspendCost {
  const measured = history.median('suspend-costs');
  const milliseconds = measured ?? history.largestElsewhere('suspend-costs') ?? assumed;
  return { milliseconds, isMeasured: measured !== undefined };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
