/**
 * A save by Xen's own helper, used for PV domains: a stop-and-copy. The helper reports neither the suspend
 * nor the octets sent, so the domain and the helper are observed.
 */
import type { ImageReport, PassReport, PrecopyEnd, SaveOptions } from '@mig/hypervisor';
import { type Deadline, deadlineIn, type Timeout, TimeoutError } from '@mig/posix';
import { MAX_BATCH_SIZE, PAGE_OCTETS } from '@mig/protocol';
import { stopAndCopyLimit } from '@mig/sender';
import type { SilentHelper } from './silent-helper.js';

/** The domain being saved, from its holder's view. */
export interface SavedDomain {
  /** Whether it is HVM or PVH: Xen logs its writes. */
  readonly hvm: boolean;
  readonly pages: number;
  hasSuspended(): boolean;
  /**
   * Notes that it has suspended.
   * @throws HostError where another command has resumed it by now
   */
  suspended(): void;
}

/** Milliseconds between two looks: at a guest that should suspend, and at the octets sent after that. */
const LOOKS = { suspend: 10, stream: 100 };
/** Time that libxl gives a guest to suspend, in milliseconds; the stream stands still meanwhile. */
const SUSPEND_TIMEOUT = 60_000;
/** Least pages of a pass that show the line's rate: pipes hold less. */
const TELLING = 8192;

export const STANDS_STILL: PrecopyEnd = {
  code: 'not-live',
  sentence: 'not live: it is a PV domain, which was suspended before its memory was sent',
};

export class StockSave {
  /** Time from which on the guest may be asked to suspend. */
  readonly #began = performance.now();
  #suspendedAt: number | undefined;
  /**
   * Time at which no batch of pages was last seen to be sent: the target makes the domain before it takes
   * any.
   */
  #idleAt: number | undefined;
  #deadline: Deadline | undefined;

  constructor(
    private readonly domain: SavedDomain,
    private readonly options: Pick<SaveOptions, 'live' | 'onEvent' | 'stopAndCopyTimeout'>,
    private readonly timeout: Timeout,
    private readonly helper: SilentHelper,
  ) {
    if (options.live) options.onEvent?.({ kind: 'precopy-ended', reason: STANDS_STILL });
  }

  /** @returns milliseconds until the next look @throws TimeoutError; what `suspended` throws */
  look(): number {
    if (this.#suspendedAt === undefined && this.domain.hasSuspended()) this.#suspended();
    const { milliseconds } = this.timeout;
    const isSuspended = this.#suspendedAt !== undefined;
    this.helper.checkMoves({
      ...this.timeout,
      milliseconds: isSuspended ? milliseconds : milliseconds + SUSPEND_TIMEOUT,
    });
    if (!isSuspended) return LOOKS.suspend;
    if (this.#deadline !== undefined && performance.now() >= this.#deadline.at) {
      throw new TimeoutError(this.#deadline.what, this.#deadline.milliseconds);
    }
    this.#looked();
    return LOOKS.stream;
  }

  #looked(): void {
    const { pages } = this.domain;
    const pagesDone = Math.min(pages, Math.floor(this.helper.written / PAGE_OCTETS));
    this.options.onEvent?.({ kind: 'pass-progress', pass: { iteration: 0, dirtyPages: pages, pagesDone } });
    if (pagesDone < MAX_BATCH_SIZE) this.#idleAt = performance.now();
  }

  #suspended(): void {
    this.#suspendedAt = performance.now();
    this.domain.suspended();
    const { onEvent, stopAndCopyTimeout } = this.options;
    const { pages } = this.domain;
    const milliseconds =
      stopAndCopyTimeout ??
      stopAndCopyLimit({ pages, livePages: 0, liveMilliseconds: 0, bandwidth: undefined });
    this.#deadline = deadlineIn(milliseconds, 'the rest of the suspended domain was not taken');
    onEvent?.({ kind: 'suspended' });
    onEvent?.({
      kind: 'pass-started',
      pass: { kind: 'stop-and-copy', iteration: 0, dirtyPages: pages },
    });
  }

  /**
   * Ends the observation: the whole stream is written.
   * @throws HostError where the guest is not suspended: another command has resumed it between two looks
   */
  complete(): ImageReport {
    if (this.#suspendedAt === undefined) this.#suspended();
    const suspendedAt = this.#suspendedAt ?? this.#began;
    const now = performance.now();
    const { pages } = this.domain;
    const milliseconds = now - (this.#idleAt ?? suspendedAt);
    const octets = this.helper.written;
    const pass: PassReport = {
      ...{ kind: 'stop-and-copy', iteration: 0, dirtyPages: pages, sentPages: pages },
      ...{ octets, milliseconds },
    };
    this.options.onEvent?.({ kind: 'pass-finished', pass });
    return {
      passes: [pass],
      precopyEnd: STANDS_STILL,
      octets,
      milliseconds: now - this.#began,
      suspendRequestedAt: this.#began,
      suspendMilliseconds: suspendedAt - this.#began,
      lineRate: this.#tells(octets, milliseconds) ? (pages / milliseconds) * 1000 : undefined,
    };
  }

  /** Tells whether the time shows the line's rate: a kernel may not count a process's octets. */
  #tells(octets: number, milliseconds: number): boolean {
    const { pages } = this.domain;
    return pages >= TELLING && milliseconds > 0 && octets >= (pages * PAGE_OCTETS) / 2;
  }

  /** Looks once more after a failure: the guest may have suspended since the last look. */
  failed(): void {
    try {
      if (this.#suspendedAt === undefined && this.domain.hasSuspended()) this.#suspended();
    } catch {
      // The first error is the one to report.
    }
  }
}
