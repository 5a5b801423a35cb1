/**
 * The precopy loop: writes a domain's memory and state as a libxc image
 * (docs/specs/libxc-migration-stream.pandoc).
 *
 *     image header, domain header, static data, STATIC_DATA_END
 *     PAGE_DATA ...          live passes, while the policy says continue; ZERO_PAGES and ZSTD_PAGES where the target takes them
 *     DIGEST                 after each batch, and right before END, where digests are wanted
 *     (the domain suspends)
 *     PAGE_DATA ...          what is dirty now, or was left
 *     VERIFY, PAGE_DATA ...  only with `debug`
 *     the context records, END
 */
import { messageOf } from '@mig/errors';
import { type Deadline, deadlineIn, type OctetSink, pause } from '@mig/channel';
import {
  type Bandwidth,
  type Compression,
  type ConsultationPoint,
  type ImageReport,
  isLive,
  type Memory,
  type PassKind,
  type PassReport,
  type PrecopyDecision,
  type PrecopyEnd,
  type PrecopyPolicy,
  type SaveEvent,
} from '@mig/hypervisor';
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  type ImageRecord,
  MAX_BATCH_SIZE,
  PAGE_OCTETS,
} from '@mig/protocol';
import type { ExtensionFeatures } from '@mig/protocol/handshake';
import { alwaysLevel, AutoLevel } from './auto-level.js';
import { DirtySet } from './dirty-set.js';
import { PrecopyAbortedError } from './errors.js';
import { Pacer } from './pacer.js';
import { type BatchOptions, PageWriter } from './page-writer.js';
import { type Clock, PrecopyFigures } from './precopy-stats.js';
import { stopAndCopyLimit } from './stop-and-copy-limit.js';

export interface SaveImageOptions {
  readonly policy: PrecopyPolicy;
  /** Whether precopy happens while the domain runs (default); otherwise it is suspended before memory is sent. */
  readonly live?: boolean | undefined;
  /** Whether all of memory is sent once more for the target to compare. */
  readonly debug?: boolean | undefined;
  readonly onEvent?: ((event: SaveEvent) => void) | undefined;
  /** Whether each reading of the log is an event, with its bitmap: see SaveOptions. */
  readonly dirtyBitmaps?: boolean | undefined;
  /** The bandwidth limit: see SaveOptions. */
  readonly bandwidth?: (() => Bandwidth | undefined) | undefined;
  /** The fixed cost of a suspend in milliseconds: see SaveOptions. */
  readonly suspendCost?: number | undefined;
  /** The line's rate in pages per second: see SaveOptions. */
  readonly lineRate?: number | undefined;
  /** The limit of a stop-and-copy in milliseconds: see SaveOptions. */
  readonly stopAndCopyTimeout?: number | undefined;
  /** The features that the target has offered: see SaveOptions. */
  readonly features?: (() => ExtensionFeatures) | undefined;
  /** Compression of pages for a target that takes them compressed: see SaveOptions. */
  readonly compress?: Compression | undefined;
  /** Writes a DIGEST: see SaveOptions. */
  readonly writeDigest?: (() => void) | undefined;
  readonly clock?: Clock;
}

/**
 * Writes the whole image, from image header to END, and leaves the domain suspended. However it ends,
 * log-dirty mode is off; if turning it off fails after the whole image was written, a note says so. From the
 * suspend on the output has a deadline, which stays: what follows the image is written while the domain is
 * suspended, too.
 * @throws PrecopyAbortedError if the policy says abort; whatever Memory and the sink throw
 */
export function saveImage(memory: Memory, output: OctetSink, options: SaveImageOptions): ImageReport {
  return new ImageSaver(memory, output, options).save();
}

class ImageSaver {
  readonly #memory: Memory;
  readonly #output: OctetSink;
  readonly #options: SaveImageOptions;
  readonly #clock: Clock;
  readonly #dirty: DirtySet;
  readonly #pages: PageWriter;
  readonly #pacer: Pacer;
  readonly #figures: PrecopyFigures;
  readonly #passes: PassReport[] = [];
  /** The policy's decision during a write that waited: it takes effect after that write. */
  #decidedInWrite: PrecopyEnd | undefined;

  constructor(memory: Memory, output: OctetSink, options: SaveImageOptions) {
    this.#memory = memory;
    this.#output = output;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#dirty = new DirtySet(memory.pageCount);
    this.#pages = new PageWriter(memory, output, choiceOf(options.compress), this.#clock);
    this.#figures = new PrecopyFigures(this.#clock, options);
    this.#pacer = new Pacer(
      options.bandwidth ?? (() => undefined),
      this.#clock,
      (milliseconds) => {
        // That no octet moves during the pause says nothing about the target.
        pause(milliseconds, { interrupt: output.interrupt, whileWaiting: () => output.whileWaiting?.(0) });
      },
      (octetsPerSecond) => this.#figures.lineMeasured(octetsPerSecond / PAGE_OCTETS),
    );
  }

  save(): ImageReport {
    try {
      return this.#save();
    } finally {
      this.#pages.close();
    }
  }

  #save(): ImageReport {
    const memory = this.#memory;
    const began = this.#clock();
    const octetsBefore = this.#output.octets;
    this.#output.write(encodeImageHeader({ version: 3, byteOrder: 'little-endian' }));
    this.#output.write(encodeDomainHeader(memory.domainHeader, 'little-endian'));
    this.#writeRecords(memory.staticData());
    this.#writeRecords([{ type: 'STATIC_DATA_END' }]);

    this.#dirty.fill();
    const { precopyEnd, suspendRequestedAt, suspendMilliseconds } =
      (this.#options.live ?? true)
        ? this.#withLogDirty(() => this.#sendLive())
        : { precopyEnd: NOT_LIVE, ...this.#suspendAndSendRest(false) };
    return {
      passes: this.#passes,
      precopyEnd,
      octets: this.#output.octets - octetsBefore,
      milliseconds: this.#clock() - began,
      suspendRequestedAt,
      suspendMilliseconds,
      // Compressed, more pages go over the line than it would carry otherwise.
      lineRate: this.#pages.compressedPages > 0 ? undefined : this.#figures.measuredLineRate,
    };
  }

  /**
   * Runs with log-dirty mode on. The log is turned off after everything has been sent: on Xen that takes
   * time, in which the target can work.
   */
  #withLogDirty<T>(run: () => T): T {
    this.#memory.enableLogDirty();
    let whole = false;
    try {
      const result = run();
      whole = true;
      return result;
    } finally {
      try {
        this.#memory.disableLogDirty();
      } catch (error) {
        // Otherwise the operator needs to hear the first failure.
        if (whole)
          this.#options.onEvent?.({ kind: 'note', text: `log-dirty is left on: ${messageOf(error)}` });
      }
    }
  }

  #sendLive() {
    let precopyEnd: PrecopyEnd;
    try {
      precopyEnd = this.#precopy();
    } finally {
      this.#output.whileWaiting = undefined;
    }
    this.#options.onEvent?.({ kind: 'precopy-ended', reason: precopyEnd });
    return { precopyEnd, ...this.#suspendAndSendRest(true) };
  }

  /**
   * Makes live passes until the policy ends them; the log, or #dirty, then knows all dirty pages, sent or
   * not.
   */
  #precopy(): PrecopyEnd {
    const figures = this.#figures;
    figures.dirtyCount = this.#memory.pageCount;
    for (;;) {
      const known = this.#consult('dirty-count-known');
      if (known !== undefined) {
        // libxc sends the pages that it knows to be dirty once more before it suspends; but if nothing was
        // sent yet, that would be the very pass that the policy declined.
        if (figures.iteration > 0 && figures.dirtyCount > 0) this.#sendPass('remainder', figures.dirtyCount);
        return known;
      }
      const cutShort = this.#sendPass('precopy', figures.dirtyCount);
      if (cutShort !== undefined) return cutShort;
      figures.iteration++;
      const finished = this.#consult('pass-finished');
      if (finished !== undefined) return finished;
      figures.logRead(this.#memory.cleanLogDirty(this.#dirty.bitmap));
      if (this.#options.dirtyBitmaps !== true) continue;
      const pass = { iteration: this.#passes.length - 1, dirtyPages: figures.dirtyCount };
      this.#options.onEvent?.({ kind: 'log-read', pass, bitmap: this.#dirty.bitmap });
    }
  }

  #suspendAndSendRest(live: boolean) {
    const suspendRequestedAt = this.#clock();
    this.#memory.suspend();
    const suspendMilliseconds = this.#clock() - suspendRequestedAt;
    this.#options.onEvent?.({ kind: 'suspended' });
    if (live) this.#memory.cleanLogDirty(this.#dirty.bitmap);
    const dirtyPages = this.#dirty.count();
    this.#output.deadline = this.#stopAndCopyDeadline(dirtyPages, suspendRequestedAt);
    this.#sendPass('stop-and-copy', dirtyPages);
    if (this.#options.debug === true) this.#sendVerifyPass();
    this.#writeRecords(this.#memory.context());
    this.#options.writeDigest?.();
    this.#writeRecords([{ type: 'END' }]);
    return { suspendRequestedAt, suspendMilliseconds };
  }

  #stopAndCopyDeadline(dirtyPages: number, liveUntil: number): Deadline {
    const { stopAndCopyTimeout, bandwidth, debug } = this.#options;
    const { totalWritten, began } = this.#figures;
    const milliseconds =
      stopAndCopyTimeout ??
      stopAndCopyLimit({
        pages: dirtyPages + (debug === true ? this.#memory.pageCount : 0),
        livePages: totalWritten,
        liveMilliseconds: liveUntil - began,
        bandwidth: bandwidth?.(),
      });
    return deadlineIn(milliseconds, 'the rest of the suspended domain was not taken');
  }

  #sendVerifyPass(): void {
    this.#writeRecords([{ type: 'VERIFY' }]);
    this.#dirty.fill();
    this.#sendPass('verify', this.#memory.pageCount);
  }

  /**
   * Sends the dirty set, in batches.
   * @returns the reason if the policy cut it short; the rest is then still in the set
   */
  #sendPass(kind: PassKind, dirtyPages: number): PrecopyEnd | undefined {
    const { onEvent } = this.#options;
    const live = isLive(kind);
    const iteration = this.#passes.length;
    const began = this.#clock();
    const octetsBefore = this.#output.octets;
    const { zeroPages: zeroPagesBefore, octetsSaved: octetsSavedBefore } = this.#pages;
    const compressedBefore = this.#pages.compressedPages;
    const savedBefore = this.#pages.octetsSavedByCompression;
    let compressionLevel = 0;
    let sentPages = 0;
    let pagesDone = 0;
    let end: PrecopyEnd | undefined;

    onEvent?.({ kind: 'pass-started', pass: { kind, iteration, dirtyPages } });
    this.#decidedInWrite = undefined;
    this.#output.whileWaiting = live ? (waited) => this.#consultInWrite(kind, waited) : undefined;
    this.#dirty.rewind();
    let sliceBegan = began;
    batches: for (;;) {
      const count = this.#dirty.take(this.#pages.pfns, MAX_BATCH_SIZE);
      if (count === 0) break;
      this.#pages.begin(count, this.#batchOptions(kind));
      compressionLevel = Math.max(compressionLevel, this.#pages.level ?? 0);
      while (this.#pages.written < count) {
        const before = { pages: this.#pages.written, octets: this.#output.octets };
        const present = this.#pages.write(this.#pacer.slice(live));
        if (this.#pages.written === count) this.#options.writeDigest?.();
        this.#pacer.wrote(this.#output.octets - before.octets);
        sentPages += present;
        pagesDone += this.#pages.written - before.pages;
        onEvent?.({ kind: 'pass-progress', pass: { iteration, dirtyPages, pagesDone } });
        const now = this.#clock();
        const took = now - sliceBegan;
        sliceBegan = now;
        if (!live) {
          this.#figures.sentSuspended(present, took, this.#pacer.pace);
          continue;
        }
        this.#figures.sent(present, took, this.#pacer.pace);
        end = this.#decidedInWrite;
        if (pagesDone >= dirtyPages) continue;
        end ??= kind === 'remainder' ? this.#consultAgain() : this.#consult('between-batches');
        if (end === undefined) continue;
        this.#dirty.putBack(this.#pages.pfns, this.#pages.written, count);
        break batches;
      }
    }
    this.#pacer.passEnded();
    const zeroPages = this.#pages.zeroPages - zeroPagesBefore;
    const compressedPages = this.#pages.compressedPages - compressedBefore;
    const pass: PassReport = {
      kind,
      iteration,
      dirtyPages,
      sentPages,
      ...(zeroPages > 0 && { zeroPages, octetsSaved: this.#pages.octetsSaved - octetsSavedBefore }),
      ...(compressedPages > 0 && {
        compressedPages,
        octetsSavedByCompression: this.#pages.octetsSavedByCompression - savedBefore,
        compressionLevel,
      }),
      octets: this.#output.octets - octetsBefore,
      milliseconds: this.#clock() - began,
    };
    this.#passes.push(pass);
    onEvent?.({ kind: 'pass-finished', pass });
    return end;
  }

  /** Features that the target takes, which it may say at any time; a verifying pass sends every page with its content. */
  #batchOptions(kind: PassKind): BatchOptions {
    const features = kind === 'verify' ? undefined : this.#options.features?.();
    const limit = this.#options.bandwidth?.();
    const holds = limit !== undefined && (isLive(kind) || limit.always);
    return {
      zeroPages: features?.has('zero-pages') === true,
      compressed:
        features?.has('zstd') === true ? { limit: holds ? limit.octetsPerSecond : undefined } : undefined,
    };
  }

  /** Asks the policy. @returns the reason to end precopy, or undefined to continue */
  #consult(point: ConsultationPoint): PrecopyEnd | undefined {
    const answer = this.#ask(point);
    if (answer.decision === 'abort') throw new PrecopyAbortedError(answer.reason);
    return answer.decision === 'stop-and-copy' ? answer.reason : undefined;
  }

  /**
   * Asks the policy during the remainder, when it has already decided: it may cut that short, but no longer
   * abort.
   */
  #consultAgain(): PrecopyEnd | undefined {
    const answer = this.#ask('between-batches');
    return answer.decision === 'stop-and-copy' ? answer.reason : undefined;
  }

  /**
   * Asks the policy in the middle of a write that waits. An abort ends the write, and the stream with it; any
   * other decision waits for its end.
   * @param waited milliseconds in which no octet has moved
   */
  #consultInWrite(kind: PassKind, waited: number): void {
    if (this.#decidedInWrite !== undefined) return;
    // Some of the dirty pages are being sent.
    this.#figures.dirtyCount = undefined;
    const answer = this.#ask('between-batches');
    if (answer.decision === 'stop-and-copy') this.#decidedInWrite = answer.reason;
    if (answer.decision !== 'abort') return;
    if (kind === 'precopy' || (waited >= STALLED && answer.reason.code !== 'busy')) {
      throw new PrecopyAbortedError(answer.reason);
    }
  }

  #ask(point: ConsultationPoint): PrecopyDecision {
    const stats = this.#figures.at(point);
    const answer = this.#options.policy(stats);
    this.#options.onEvent?.({ kind: 'consulted', stats, answer });
    return answer;
  }

  #writeRecords(records: Iterable<ImageRecord>): void {
    for (const record of records) this.#output.write(encodeImageRecord(record));
  }
}

/**
 * Milliseconds without an octet after which the remainder may be given up, although precopy has decided to
 * end with it: it takes too long by then. Even then a domain that has reached its goal is not busy.
 */
const STALLED = 1000;

const NOT_LIVE: PrecopyEnd = {
  code: 'not-live',
  sentence: 'not live: the domain was suspended before its memory was sent',
};

function choiceOf(compress: Compression | undefined) {
  if (compress === undefined) return undefined;
  return compress === 'auto' ? new AutoLevel() : alwaysLevel(compress);
}
