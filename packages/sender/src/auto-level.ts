/**
 * The choice of a level of compression, or none, again and again, by what is measured: the rate of the line, and for each
 * level the rate of the threads and how much shorter the pages get.
 */

/** Decides the level of the next batch, given what became of the ones before. */
export interface LevelChoice {
  /** Whether the first batch waits until threads have started, rather than going as it is. */
  readonly waits: boolean;
  /**
   * Returns the level of the next batch; undefined to send it as it is.
   * @param limit octets per second that the line may carry
   */
  next(limit: number | undefined): number | undefined;
  /** Counts octets that the line has accepted in that many milliseconds, in which nothing else was waited for. */
  wrote(octets: number, milliseconds: number): void;
  /** Counts a run that was compressed, in that many milliseconds of a thread. */
  compressed(run: {
    readonly level: number;
    readonly octets: number;
    readonly compressedOctets: number;
    readonly threads: number;
    readonly milliseconds: number;
  }): void;
}

/** The choice of whoever wants one level. */
export function alwaysLevel(level: number): LevelChoice {
  return { waits: true, next: () => level, wrote: () => undefined, compressed: () => undefined };
}

/** The levels that are tried, one after another: each is slower than the one before. */
const LEVELS = [1, 3, 6] as const;
/** Octets that are sent before their rate counts, or milliseconds: what pipes and sockets hold is no rate. */
const SAMPLE = { octets: 4 << 20, milliseconds: 100 } as const;
/** Octets per second of a line for which no level is tried: a thread compresses half of that. */
const FASTEST_LINE = 1e9;
/** Least gain for which a change is made, and for which a level is kept. */
const GAIN = 1.15;
const WORTH = 1.05;
/** Part of a new figure in the known one. */
const WEIGHT = 0.5;
/** Batches after which something is tried again that was not worth it, at first and at most. */
const RETRY = { first: 16, most: 512 } as const;
/** Batches with a level, after which the line is measured again without, if nothing else has shown its rate. */
const REMEASURE = 64;

interface Known {
  /** Octets of pages per second that all threads compress. */
  rate: number;
  /** Times by which the pages get shorter. */
  ratio: number;
}

export class AutoLevel implements LevelChoice {
  readonly waits = false;
  readonly #known = new Map<number, Known>();
  /** Octets per second that the line carries. */
  #line: number | undefined;
  #level: number | undefined;
  #octets = 0;
  #milliseconds = 0;
  /** Batches since the line was measured. */
  #unmeasured = 0;
  /** Batches since a level was tried, and those after which one is tried again. */
  #untried = 0;
  #retry: number = RETRY.first;

  next(limit: number | undefined): number | undefined {
    this.#untried++;
    this.#unmeasured++;
    if (limit === undefined && this.#level !== undefined && this.#unmeasured > REMEASURE) {
      this.#unmeasured = 0;
      return undefined;
    }
    if (this.#line === undefined && limit === undefined) return undefined;
    this.#level = this.#choose(Math.min(this.#line ?? Infinity, limit ?? Infinity));
    return this.#level;
  }

  #choose(line: number): number | undefined {
    const level = this.#level;
    const trial = this.#trial(line);
    if (trial !== undefined) return this.#tries(trial);
    let best: number | undefined;
    let bestRate = line;
    for (const [each, known] of this.#known) {
      const rate = Math.min(known.rate, line * known.ratio);
      if (rate <= bestRate) continue;
      best = each;
      bestRate = rate;
    }
    if (best === level || this.#rateOf(level, line) * GAIN >= bestRate) {
      // What is hardly worth it is not kept, either.
      return this.#rateOf(level, line) < line * WORTH ? undefined : level;
    }
    if (best !== undefined) this.#retry = RETRY.first;
    return best;
  }

  #rateOf(level: number | undefined, line: number): number {
    const known = level === undefined ? undefined : this.#known.get(level);
    return known === undefined ? line : Math.min(known.rate, line * known.ratio);
  }

  /** Returns a level that may be better than the present one, and is to be tried for one batch. */
  #trial(line: number): number | undefined {
    const level = this.#level;
    const least = LEVELS[0];
    const first = this.#known.get(least);
    if (first === undefined) return line < FASTEST_LINE ? least : undefined;
    if (level === undefined) {
      // Pages that get no shorter may be followed by others; threads that are too slow stay so.
      const isDue = this.#untried > this.#retry && first.rate > line * GAIN;
      if (!isDue) return undefined;
      this.#retry = Math.min(RETRY.most, this.#retry * 2);
      return least;
    }
    const known = this.#known.get(level);
    const above = LEVELS.find((each) => each > level);
    const hasTime = known !== undefined && known.rate > 2 * line * known.ratio;
    return above !== undefined && hasTime && !this.#known.has(above) ? above : undefined;
  }

  #tries(level: number): number {
    this.#untried = 0;
    return level;
  }

  wrote(octets: number, milliseconds: number): void {
    this.#octets += octets;
    this.#milliseconds += milliseconds;
    if (this.#octets < SAMPLE.octets && this.#milliseconds < SAMPLE.milliseconds) return;
    const rate = (this.#octets / Math.max(this.#milliseconds, 0.001)) * 1000;
    this.#line = this.#line === undefined ? rate : mean(this.#line, rate);
    this.#octets = this.#milliseconds = this.#unmeasured = 0;
  }

  compressed({
    level,
    octets,
    compressedOctets,
    threads,
    milliseconds,
  }: Parameters<LevelChoice['compressed']>[0]): void {
    const rate = (octets / Math.max(milliseconds, 0.001)) * 1000 * threads;
    const ratio = octets / compressedOctets;
    const known = this.#known.get(level);
    if (known === undefined) {
      this.#known.set(level, { rate, ratio });
    } else {
      // Runs are short: a rate of many is wanted.
      known.rate += (rate - known.rate) / 16;
      known.ratio += (ratio - known.ratio) / 16;
    }
  }
}

function mean(known: number, fresh: number): number {
  return known * (1 - WEIGHT) + fresh * WEIGHT;
}
