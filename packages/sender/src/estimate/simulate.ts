/** Simulates a migration: the precopy loop with its real policy, on a dirty curve instead of a guest. */
import {
  type Bandwidth,
  type ConsultationPoint,
  isLive,
  type PassKind,
  type PrecopyEnd,
  type PrecopyPolicy,
} from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PAGE_OCTETS } from '@mig/protocol';
import { Pacer } from '../pacer.js';
import { type Pace, PrecopyFigures } from '../precopy-stats.js';
import type { DirtyCurve } from './dirty-curve.js';

export interface SimulationOptions {
  /** Number of existing pages of the domain: holes are not sent. */
  readonly pages: number;
  /** The link's rate in octets per second. */
  readonly octetsPerSecond: number;
  /** The migration's bandwidth limit; it may be less than the link carries. */
  readonly bandwidth?: Bandwidth | undefined;
  readonly policy: PrecopyPolicy;
  /** The fixed cost of a suspend in milliseconds, whatever is dirty; 0 by default. */
  readonly suspendCost?: number | undefined;
  /** Milliseconds that the target needs before it takes pages; 0 by default. */
  readonly startCost?: number | undefined;
  /** Whether all of memory is sent once more for the target to compare. */
  readonly debug?: boolean;
}

export interface PredictedPass {
  readonly kind: PassKind;
  /** Number of pages. */
  readonly dirtyPages: number;
  readonly milliseconds: number;
}

export interface Prediction {
  /** Number of live passes that the policy asked for. */
  readonly iterations: number;
  readonly passes: readonly PredictedPass[];
  /** Total time; if the policy aborts, the time until then. */
  readonly totalMilliseconds: number;
  /** Downtime; undefined if the policy aborts, because the domain keeps running. */
  readonly downtimeMilliseconds: number | undefined;
  readonly octets: number;
  readonly decision: 'stop-and-copy' | 'abort';
  readonly end: PrecopyEnd;
}

/** Octets of a PAGE_DATA record's headers (docs/formats.md). */
const RECORD_OCTETS = 16;
/** Most consultations in a pass: enough to act in time, few enough for a domain of any size. */
const SLICES = 2048;

/** Simulates the migration, asking `policy` as saveImage would. Pure. */
export function simulate(curve: DirtyCurve, options: SimulationOptions): Prediction {
  return new Simulation(curve, options).run();
}

class Simulation {
  #now = 0;
  #octets = 0;
  #logReadAt = 0;
  /** Pages that a pass left unsent. */
  #left = 0;
  #aborted: PrecopyEnd | undefined;
  readonly #passes: PredictedPass[] = [];
  readonly #figures: PrecopyFigures;
  /** Pages in a slice while a bandwidth limit applies. */
  readonly #pacedPages: number;

  constructor(
    private readonly curve: DirtyCurve,
    private readonly options: SimulationOptions,
  ) {
    this.#figures = new PrecopyFigures(() => this.#now, {
      suspendCost: options.suspendCost,
      lineRate: options.octetsPerSecond / PAGE_OCTETS,
    });
    this.#pacedPages = new Pacer(
      () => options.bandwidth,
      () => 0,
      () => undefined,
    ).slice(true);
  }

  run(): Prediction {
    const { pages, suspendCost = 0, debug = false } = this.options;
    const end = this.#precopy();
    const iterations = this.#passes.filter(({ kind }) => kind === 'precopy').length;
    const aborted = this.#aborted;
    if (aborted !== undefined) return { ...this.#soFar(iterations, aborted), decision: 'abort' };
    const suspendedAt = this.#now;
    this.#send('stop-and-copy', this.#dirtyAtSuspend());
    if (debug) this.#send('verify', pages);
    this.#now += suspendCost;
    const downtimeMilliseconds = this.#now - suspendedAt;
    return { ...this.#soFar(iterations, end), downtimeMilliseconds, decision: 'stop-and-copy' };
  }

  #soFar(iterations: number, end: PrecopyEnd) {
    return {
      iterations,
      passes: this.#passes,
      totalMilliseconds: this.#now,
      downtimeMilliseconds: undefined,
      octets: Math.round(this.#octets),
      end,
    };
  }

  /** Runs the precopy loop, as in saveImage; an abort ends it, too. */
  #precopy(): PrecopyEnd {
    const figures = this.#figures;
    const { pages } = this.options;
    // The policy's counts include holes, which are not sent.
    figures.dirtyCount = this.curve.sample.pageCount;
    let dirty = pages;
    for (;;) {
      const known = this.#consult('dirty-count-known');
      if (known !== undefined) {
        if (this.#aborted !== undefined) return known;
        if (figures.iteration > 0 && dirty > 0) this.#send('remainder', dirty);
        else this.#left = figures.iteration > 0 ? 0 : pages;
        return known;
      }
      const cutShort = this.#send('precopy', dirty);
      if (cutShort !== undefined) return cutShort;
      figures.iteration++;
      const finished = this.#consult('pass-finished');
      if (finished !== undefined) return finished;
      dirty = this.#newlyDirty();
      this.#logReadAt = this.#now;
      figures.logRead(dirty);
    }
  }

  #newlyDirty(): number {
    return Math.min(this.options.pages, Math.round(this.curve.pages(this.#now - this.#logReadAt)));
  }

  /** Pages left of a pass, and those written since; some pages are both. */
  #dirtyAtSuspend(): number {
    const written = this.#newlyDirty();
    // A pass goes by pfn. If it is cut short, the first leaves all pages beyond a place, a later one those
    // of the written set.
    const { pages } = this.options;
    const share =
      this.#passes.length <= 1
        ? this.curve.beyond(1 - this.#left / pages)
        : this.#left / Math.max(1, this.#left, this.curve.workingSet);
    const both = written * share;
    return Math.min(this.options.pages, Math.round(this.#left + written - both));
  }

  /** @returns why the policy cut it short, if it did; then #left is what is unsent */
  #send(kind: PassKind, dirtyPages: number): PrecopyEnd | undefined {
    const live = isLive(kind);
    const began = this.#now;
    const slice = this.#sliceOf(dirtyPages, live);
    const rate = this.#rate(live);
    let end: PrecopyEnd | undefined;
    let done = 0;
    if (this.#passes.length === 0) this.#now += this.options.startCost ?? 0;
    while (done < dirtyPages && end === undefined) {
      const count = Math.min(slice, dirtyPages - done);
      const octets = count * this.#octetsPerPage(live);
      const milliseconds = (octets / rate) * 1000;
      done += count;
      this.#now += milliseconds;
      this.#octets += octets;
      if (!live) continue;
      this.#figures.sent(count, milliseconds, this.#pace);
      if (kind === 'precopy' && done < dirtyPages) end = this.#consult('between-batches');
    }
    this.#left = dirtyPages - done;
    this.#passes.push({ kind, dirtyPages, milliseconds: this.#now - began });
    return end;
  }

  #sliceOf(dirtyPages: number, live: boolean): number {
    const real = this.#holds(live) ? this.#pacedPages : MAX_BATCH_SIZE;
    return Math.max(real, Math.ceil(dirtyPages / SLICES));
  }

  #octetsPerPage(live: boolean): number {
    return PAGE_OCTETS + RECORD_OCTETS / (this.#holds(live) ? this.#pacedPages : MAX_BATCH_SIZE);
  }

  #rate(live: boolean): number {
    const { octetsPerSecond, bandwidth } = this.options;
    return bandwidth !== undefined && this.#holds(live)
      ? Math.min(octetsPerSecond, bandwidth.octetsPerSecond)
      : octetsPerSecond;
  }

  get #pace(): Pace {
    const { bandwidth } = this.options;
    if (bandwidth === undefined) return 'free';
    return bandwidth.always ? 'held' : 'lifted';
  }

  #holds(live: boolean): boolean {
    return this.options.bandwidth !== undefined && (live || this.options.bandwidth.always);
  }

  #consult(point: ConsultationPoint): PrecopyEnd | undefined {
    const answer = this.options.policy(this.#figures.at(point));
    if (answer.decision === 'continue-precopy') return undefined;
    if (answer.decision === 'abort') this.#aborted = answer.reason;
    return answer.reason;
  }
}
