/** How many distinct pages are written within a time, for times that double: from readings of the log on end. */
import { bitCount } from '../bit-count.js';
import type { DirtySample } from './dirty-curve.js';
import { DoublingWindows, unite } from './doubling-windows.js';

/** Parts of the pfns of which it is told how much in them was written. */
const PARTS = 256;

/**
 * Takes the log's readings and keeps of them the unions of 1, 2, 3, 4, 6, 8, 12, ... intervals on end: a bitmap for each
 * such length, so that memory is logarithmic in the number of readings.
 */
export class DirtyWindows {
  readonly #single: DoublingWindows;
  readonly #triple: DoublingWindows;
  /** Of the current three intervals. */
  readonly #three: Uint32Array;
  #threeMilliseconds = 0;
  /** Of the whole time. */
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
   * The next interval.
   * @param bitmap what was written within it, a bit a pfn; only read
   * @param milliseconds how long it was, more than 0
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
