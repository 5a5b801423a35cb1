/** A time, and the average number of distinct pages written within it. */
export interface CurvePoint {
  readonly milliseconds: number;
  readonly pages: number;
  /** Number of windows of that length that were measured. */
  readonly windows: number;
}

/** The measurement of a domain's writes: plain values. */
export interface DirtySample {
  /** The highest pfn plus one. */
  readonly pageCount: number;
  /** The measuring time. */
  readonly milliseconds: number;
  readonly readings: number;
  /** The points by time. The last is the whole measurement. */
  readonly points: readonly CurvePoint[];
  /** Pages written at all, in each of several equal parts of the pfns, lowest first. */
  readonly places: readonly number[];
}

/**
 * D(t): the number of distinct pages that a domain writes within a time. It never falls, and never exceeds
 * its pages.
 */
export class DirtyCurve {
  readonly #points: readonly CurvePoint[];

  /** @throws RangeError where nothing was measured */
  constructor(readonly sample: DirtySample) {
    if (sample.points.length === 0) throw new RangeError('nothing was measured');
    this.#points = rising(sample.points);
  }

  /** Number of pages written at all during the measurement. */
  get workingSet(): number {
    return this.#points.at(-1)!.pages;
  }

  /**
   * The part of the written pages that lies beyond a place among the pfns.
   * @param place a part of all pfns, from 0 to 1
   */
  beyond(place: number): number {
    const { places } = this.sample;
    const total = places.reduce((sum, pages) => sum + pages, 0);
    if (total === 0) return 1 - place;
    const at = place * places.length;
    const past = places.reduce((sum, pages, i) => sum + pages * Math.max(0, Math.min(1, i + 1 - at)), 0);
    return past / total;
  }

  /**
   * @param milliseconds may be shorter or longer than any that was measured
   * @returns the number of pages, not rounded
   */
  pages(milliseconds: number): number {
    if (!(milliseconds > 0)) return 0;
    return Math.min(this.sample.pageCount, this.#uncapped(milliseconds));
  }

  #uncapped(milliseconds: number): number {
    const points = this.#points;
    const next = points.findIndex((point) => point.milliseconds >= milliseconds);
    if (next === 0) return this.#shorter(milliseconds);
    if (next === -1) return this.#longer(milliseconds);
    const [from, to] = [points[next - 1]!, points[next]!];
    const chord = on(line(from, to), milliseconds);
    // D is concave: between two samples it lies above the chord and below both neighbouring secants; take
    // the middle.
    const before = on(line(points[next - 2] ?? ORIGIN, from), milliseconds);
    const after = points[next + 1] === undefined ? to.pages : on(line(to, points[next + 1]!), milliseconds);
    return (chord + Math.max(chord, Math.min(before, after, to.pages))) / 2;
  }

  /**
   * Extrapolates below the shortest window: each further step of equal length finds a constant fraction of
   * the new pages of the step before (1: linear; 0: saturated at once).
   */
  #shorter(milliseconds: number): number {
    const [first, second] = this.#points as [CurvePoint, CurvePoint | undefined];
    const steps = milliseconds / first.milliseconds;
    return sum(first.pages, newsFactor(first, second), steps);
  }

  /** Extrapolates beyond the measurement: new pages go on decreasing as from its first to its second half. */
  #longer(milliseconds: number): number {
    const last = this.#points.at(-1)!;
    const step = last.milliseconds / 2;
    const firstHalf = this.#uncapped(step);
    const news = last.pages - firstHalf;
    if (!(firstHalf > 0)) return last.pages;
    const factor = Math.min(1, news / firstHalf);
    return last.pages + sum(news * factor, factor, (milliseconds - last.milliseconds) / step);
  }
}

const ORIGIN = { milliseconds: 0, pages: 0 };

interface Line {
  readonly through: { readonly milliseconds: number; readonly pages: number };
  /** Slope in pages per millisecond. */
  readonly slope: number;
}

function line(one: Line['through'], other: Line['through']): Line {
  return { through: one, slope: (other.pages - one.pages) / (other.milliseconds - one.milliseconds) };
}

function on({ through, slope }: Line, milliseconds: number): number {
  return through.pages + slope * (milliseconds - through.milliseconds);
}

/** Ratio of new pages between two consecutive steps of equal length; 1 if only one window was measured. */
function newsFactor(first: CurvePoint, second: CurvePoint | undefined): number {
  if (second === undefined || !(first.pages > 0)) return 1;
  const length = second.milliseconds / first.milliseconds - 1;
  return Math.max(0, Math.min(1, (second.pages - first.pages) / first.pages / length));
}

/** Sums a geometric series for any number of steps, fractions included; `first` is the first step's. */
function sum(first: number, factor: number, steps: number): number {
  return factor > 0.999_999 ? first * steps : (first * (1 - factor ** steps)) / (1 - factor);
}

/**
 * Makes the points monotonic: averages over different windows may disagree a little, but a longer time
 * never has fewer pages.
 */
function rising(points: readonly CurvePoint[]): CurvePoint[] {
  let most = 0;
  return points.map((point) => ({ ...point, pages: (most = Math.max(most, point.pages)) }));
}
