import { bitCount } from '@mig/hypervisor';
import type { CurvePoint } from './dirty-curve.js';

/** The windows of one length. */
interface Level {
  /** Pages written so far in the current window's halves. */
  readonly bitmap: Uint32Array;
  milliseconds: number;
  halves: number;
  /** Number of complete windows. */
  complete: number;
  completePages: number;
  completeMilliseconds: number;
}

/** The unions of successive windows: of one, two, four, ... of them, a bitmap each. */
export class DoublingWindows {
  readonly #levels: Level[] = [];

  /** @param words length of a bitmap in 32-bit words */
  constructor(private readonly words: number) {}

  /**
   * Adds the next window of the shortest length.
   * @param bitmap only read
   */
  add(bitmap: Uint32Array, milliseconds: number): void {
    this.#complete(0, bitmap, milliseconds);
  }

  /** Completes a window of this level: it counts, and is half of one of the next. */
  #complete(number: number, bitmap: Uint32Array, milliseconds: number): void {
    const level = (this.#levels[number] ??= emptyLevel(this.words));
    level.complete++;
    level.completePages += bitCount(bitmap);
    level.completeMilliseconds += milliseconds;
    unite(level.bitmap, bitmap);
    level.milliseconds += milliseconds;
    if (++level.halves < 2) return;
    this.#complete(number + 1, level.bitmap, level.milliseconds);
    level.bitmap.fill(0);
    level.milliseconds = level.halves = 0;
  }

  points(): CurvePoint[] {
    return this.#levels.map(({ complete, completeMilliseconds, completePages }) => ({
      milliseconds: completeMilliseconds / complete,
      pages: completePages / complete,
      windows: complete,
    }));
  }
}

function emptyLevel(words: number): Level {
  const counts = { complete: 0, completePages: 0, completeMilliseconds: 0 };
  return { bitmap: new Uint32Array(words), milliseconds: 0, halves: 0, ...counts };
}

/** Sets in `into` the bits of `bitmap`. */
export function unite(into: Uint32Array, bitmap: Uint32Array): void {
  const words = Math.min(into.length, bitmap.length);
  for (let i = 0; i < words; i++) into[i]! |= bitmap[i]!;
}
