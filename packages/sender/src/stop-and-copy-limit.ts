import type { Bandwidth } from '@mig/hypervisor';
import { PAGE_SIZE } from '@mig/protocol';

/** What a stop-and-copy is known by when it begins. */
export interface StopAndCopyFigures {
  /** Pages that it has to send. */
  readonly pages: number;
  /** Pages that the live passes have sent. */
  readonly livePages: number;
  /** For how long they went on. */
  readonly liveMilliseconds: number;
  readonly bandwidth: Bandwidth | undefined;
}

/** Milliseconds that it may take however little is to be sent. */
const LEAST = 60_000;
/** So many times as long as it should take: where ten migrations begin at once, each has a tenth of the link. */
const TIMES = 10;
/** Octets per second of a link of which nothing is known, 80 Mbit/s. */
const UNMEASURED = 1e7;

/**
 * Milliseconds, in whole seconds, that a stop-and-copy may take where nobody has said it. It grows with what is to be sent, for no fixed time
 * is both long enough for a large domain and short enough for a small one. The rate is the average of the live passes, their
 * pauses included: that of the last pages alone may be the speed of a buffer.
 */
export function stopAndCopyLimit(figures: StopAndCopyFigures): number {
  const { pages, livePages, liveMilliseconds, bandwidth } = figures;
  const measured = livePages > 0 && liveMilliseconds > 0;
  const rate = measured ? (livePages * PAGE_SIZE * 1000) / liveMilliseconds : UNMEASURED;
  const allowed = bandwidth?.always === true ? bandwidth.octetsPerSecond : Infinity;
  const seconds = Math.ceil((TIMES * pages * PAGE_SIZE) / Math.min(rate, allowed));
  return LEAST + seconds * 1000;
}
