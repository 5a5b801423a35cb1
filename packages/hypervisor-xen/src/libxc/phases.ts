/** Milliseconds that a save or restore spent in each kind of call, to explain a slow migration. */
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

  /** Formats the times, such as "mapping 12.1 ms, writing 40.0 ms". */
  toString(): string {
    return Object.entries(this.milliseconds)
      .map(([phase, spent]) => `${phase} ${spent.toFixed(1)} ms`)
      .join(', ');
  }
}
