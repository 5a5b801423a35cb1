/** A time and the distinct pages that are written within it, on average. */
export interface CurvePoint {
  readonly milliseconds: number;
  readonly pages: number;
  /** Over how many windows of that length. */
  readonly windows: number;
}

/** What was measured of a domain's writes: plain values. */
export interface DirtySample {
  /** The highest pfn plus one. */
  readonly pageCount: number;
  /** How long was measured. */
  readonly milliseconds: number;
  readonly readings: number;
  /** By time. The last is the whole measurement. */
  readonly points: readonly CurvePoint[];
  /** Pages that were written at all, in each of as many parts of the pfns, lowest first. */
  readonly places: readonly number[];
}

/** D(t): how many distinct pages a domain writes within a time. It never falls, and never exceeds its pages. */
export class DirtyCurve {
  readonly #points: readonly CurvePoint[];

  /** @throws RangeError where nothing was measured */
  constructor(readonly sample: DirtySample) {
    if (sample.points.length === 0) throw new RangeError('nothing was measured');
    this.#points = rising(sample.points);
  }

  /** Pages that were written at all while it was measured. */
  get workingSet(): number {
    return this.#points.at(-1)!.pages;
  }

  /**
   * Which part of the written pages is beyond a place among the pfns.
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

  /** @param milliseconds may be shorter or longer than any that was measured @returns not rounded */
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
    // News only shrink, so between two points it is above the chord, and below the lines that lead there.
    const before = on(line(points[next - 2] ?? ORIGIN, from), milliseconds);
    const after = points[next + 1] === undefined ? to.pages : on(line(to, points[next + 1]!), milliseconds);
    return (chord + Math.max(chord, Math.min(before, after, to.pages))) / 2;
  }

  /**
   * Within the shortest window writes come as evenly as they go on after it: of a second one only so many pages were new.
   * In steps of equal length the news shrink by the same factor, from a straight line (1) to what is full at once (0).
   */
  #shorter(milliseconds: number): number {
    const [first, second] = this.#points as [CurvePoint, CurvePoint | undefined];
    const steps = milliseconds / first.milliseconds;
    return sum(first.pages, newsFactor(first, second), steps);
  }

  /** News beyond all that was measured shrink as they did from its first to its second half. */
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
  /** Pages a millisecond. */
  readonly slope: number;
}

function line(one: Line['through'], other: Line['through']): Line {
  return { through: one, slope: (other.pages - one.pages) / (other.milliseconds - one.milliseconds) };
}

function on({ through, slope }: Line, milliseconds: number): number {
  return through.pages + slope * (milliseconds - through.milliseconds);
}

/** Of two equal steps the second's news over the first's; a straight line where there was one only. */
function newsFactor(first: CurvePoint, second: CurvePoint | undefined): number {
  if (second === undefined || !(first.pages > 0)) return 1;
  const length = second.milliseconds / first.milliseconds - 1;
  return Math.max(0, Math.min(1, (second.pages - first.pages) / first.pages / length));
}

/** A geometric series, for any number of steps: `first` in the first. */
function sum(first: number, factor: number, steps: number): number {
  return factor > 0.999_999 ? first * steps : (first * (1 - factor ** steps)) / (1 - factor);
}

/** Averages over different windows may disagree a little: a longer time never has fewer pages. */
function rising(points: readonly CurvePoint[]): CurvePoint[] {
  let most = 0;
  return points.map((point) => ({ ...point, pages: (most = Math.max(most, point.pages)) }));
}
