import type { Bandwidth } from '@mig/hypervisor';
import { PAGE_SIZE } from '@mig/protocol';

/** The facts about a stop-and-copy when it begins. */
export interface StopAndCopyFigures {
  /** Number of pages that it has to send. */
  readonly pages: number;
  /** Number of pages that the live passes have sent. */
  readonly livePages: number;
  /** Milliseconds that the live passes took. */
  readonly liveMilliseconds: number;
  readonly bandwidth: Bandwidth | undefined;
}

/** Least limit in milliseconds, however little is to be sent. */
const LEAST = 60_000;
/** Ratio of the limit to the expected time: if ten migrations begin at once, each has a tenth of the link. */
const TIMES = 10;
/** Assumed octets per second of an unmeasured link: 80 Mbit/s. */
const UNMEASURED = 1e7;

/**
 * Computes the default limit of a stop-and-copy in milliseconds, in whole seconds. It grows with what is to
 * be sent, since no fixed time is both long enough for a large domain and short enough for a small one. The
 * rate is the average of the live passes, including their pauses: that of the last pages alone may be the
 * speed of a buffer.
 */
export function stopAndCopyLimit(figures: StopAndCopyFigures): number {
  const { pages, livePages, liveMilliseconds, bandwidth } = figures;
  const measured = livePages > 0 && liveMilliseconds > 0;
  const rate = measured ? (livePages * PAGE_SIZE * 1000) / liveMilliseconds : UNMEASURED;
  const allowed = bandwidth?.always === true ? bandwidth.octetsPerSecond : Infinity;
  const seconds = Math.ceil((TIMES * pages * PAGE_SIZE) / Math.min(rate, allowed));
  return LEAST + seconds * 1000;
}
