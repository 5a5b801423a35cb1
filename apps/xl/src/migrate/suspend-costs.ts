/**
 * What suspends have cost so far, whatever was dirty: measured by every migration, kept for the estimates of the next.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of each way the latest. */
const KEPT = 9;

export class SuspendCosts {
  readonly #path: string;

  /** @param folder the host's, for state */
  constructor(folder: string, file = 'suspend-costs.json') {
    this.#path = join(folder, file);
  }

  /**
   * @param way from where to where: the cost of one says little of another's
   * @returns the median of the latest, milliseconds; undefined where none was measured
   */
  of(way: string): number | undefined {
    const sorted = [...(this.#read()[way] ?? [])].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)];
  }

  /** Best effort: the migration that was measured has succeeded all the same. */
  add(way: string, milliseconds: number): void {
    const growing = `${this.#path}.${process.pid}`;
    try {
      const costs = this.#read();
      costs[way] = [...(costs[way] ?? []), Math.round(milliseconds * 10) / 10].slice(-KEPT);
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(growing, JSON.stringify(costs), { mode: 0o600 });
      renameSync(growing, this.#path);
    } catch {
      rmSync(growing, { force: true });
    }
  }

  #read(): Record<string, number[]> {
    let parsed: unknown;
    try {
      parsed = JSON.parse(readFileSync(this.#path, 'utf8'));
    } catch {
      return {};
    }
    const isCosts = (value: unknown): value is number[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'number' && each >= 0);
    return Object.fromEntries(Object.entries(parsed ?? {}).filter(([, value]) => isCosts(value)));
  }
}

/** The same of how long the targets kept the first pass waiting. */
export function startWaits(folder: string): SuspendCosts {
  return new SuspendCosts(folder, 'start-waits.json');
}
