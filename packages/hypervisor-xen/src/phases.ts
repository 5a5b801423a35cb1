/** Milliseconds that a save or a restore spent in each kind of call: what a slow migration is explained by. */
export class Phases {
  readonly milliseconds: Record<string, number> = {};

  measure<T>(phase: string, work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      this.milliseconds[phase] = (this.milliseconds[phase] ?? 0) + performance.now() - began;
    }
  }

  /** "mapping 12.1 ms, writing 40.0 ms" */
  toString(): string {
    return Object.entries(this.milliseconds)
      .map(([phase, spent]) => `${phase} ${spent.toFixed(1)} ms`)
      .join(', ');
  }
}
