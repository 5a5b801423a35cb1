/** Counts the distinct pages written within times that double, from successive readings of the log. */
import { bitCount } from '@mig/hypervisor';
import type { DirtySample } from './dirty-curve.js';
import { DoublingWindows, unite } from './doubling-windows.js';

/** Number of parts of the pfns whose written pages are counted. */
const PARTS = 256;

/**
 * Takes readings of the log, and keeps the unions of 1, 2, 3, 4, 6, 8, 12, ... successive intervals: a
 * bitmap for each such length, so memory is logarithmic in the number of readings.
 */
export class DirtyWindows {
  readonly #single: DoublingWindows;
  readonly #triple: DoublingWindows;
  /** The union of the current three intervals. */
  readonly #three: Uint32Array;
  #threeMilliseconds = 0;
  /** The union of the whole time. */
  readonly #all: Uint32Array;
  #milliseconds = 0;
  #readings = 0;

  /** @param pageCount the highest pfn plus one */
  constructor(private readonly pageCount: number) {
    const words = Math.ceil(pageCount / 32);
    this.#all = new Uint32Array(words);
    this.#three = new Uint32Array(words);
    this.#single = new DoublingWindows(words);
    this.#triple = new DoublingWindows(words);
  }

  /**
   * Adds the next interval.
   * @param bitmap pages written within it, a bit a pfn; only read
   * @param milliseconds its length, more than 0
   */
  add(bitmap: Uint32Array, milliseconds: number): void {
    if (!(milliseconds > 0)) throw new RangeError(`an interval of ${milliseconds} ms`);
    this.#readings++;
    this.#milliseconds += milliseconds;
    this.#threeMilliseconds += milliseconds;
    unite(this.#all, bitmap);
    unite(this.#three, bitmap);
    this.#single.add(bitmap, milliseconds);
    if (this.#readings % 3 !== 0) return;
    this.#triple.add(this.#three, this.#threeMilliseconds);
    this.#three.fill(0);
    this.#threeMilliseconds = 0;
  }

  sample(): DirtySample {
    const milliseconds = this.#milliseconds;
    const points = [...this.#single.points(), ...this.#triple.points()].filter(
      (point) => point.milliseconds < milliseconds,
    );
    if (this.#readings > 0) points.push({ milliseconds, pages: bitCount(this.#all), windows: 1 });
    points.sort((one, other) => one.milliseconds - other.milliseconds);
    return {
      pageCount: this.pageCount,
      milliseconds,
      readings: this.#readings,
      points,
      places: this.#places(),
    };
  }

  #places(): number[] {
    const words = Math.max(1, Math.ceil(this.#all.length / PARTS));
    const parts = Math.ceil(this.#all.length / words);
    return Array.from({ length: parts }, (_, i) => bitCount(this.#all.subarray(i * words, (i + 1) * words)));
  }
}
