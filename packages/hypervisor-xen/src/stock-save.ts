/**
 * A save by Xen's own helper, which PV domains have: a stop-and-copy. The helper does not say when the guest has suspended
 * nor what it has sent, so the domain and the helper are looked at.
 */
import type { ImageReport, PassReport, PrecopyEnd, SaveOptions } from '@mig/hypervisor';
import { type Deadline, deadlineIn, type Patience, TimeoutError } from '@mig/posix';
import { MAX_BATCH_SIZE, PAGE_OCTETS } from '@mig/protocol';
import { stopAndCopyLimit } from '@mig/sender';
import type { SilentHelper } from './silent-helper.js';

/** The domain that is saved, as its holder has it. */
export interface SavedDomain {
  /** HVM or PVH: Xen logs its writes. */
  readonly hvm: boolean;
  readonly pages: number;
  hasSuspended(): boolean;
  /** Takes note that it has. @throws HostError where another command has resumed it by now */
  suspended(): void;
}

/** Milliseconds between two looks: at a guest that is to suspend, and at what is sent of it then. */
const LOOKS = { suspend: 10, stream: 100 };
/** Milliseconds that libxl gives a guest to suspend, in which the stream stands still. */
const SUSPEND_PATIENCE = 60_000;
/** Pages from which on a pass tells how fast the line is: what pipes hold is less. */
const TELLING = 8192;

export const STANDS_STILL: PrecopyEnd = {
  code: 'not-live',
  sentence: 'not live: it is a PV domain, which was suspended before its memory was sent',
};

export class StockSave {
  /** The guest may be asked from now on. */
  readonly #began = performance.now();
  #suspendedAt: number | undefined;
  /** When it was last seen that no batch of pages had been sent: the target makes the domain before it takes any. */
  #idleAt: number | undefined;
  #deadline: Deadline | undefined;

  constructor(
    private readonly domain: SavedDomain,
    private readonly options: Pick<SaveOptions, 'live' | 'onEvent' | 'stopAndCopyTimeout'>,
    private readonly patience: Patience,
    private readonly helper: SilentHelper,
  ) {
    if (options.live) options.onEvent?.({ kind: 'precopy-ended', reason: STANDS_STILL });
  }

  /** @returns milliseconds until the next look @throws TimeoutError; what `suspended` throws */
  look(): number {
    if (this.#suspendedAt === undefined && this.domain.hasSuspended()) this.#suspended();
    const { milliseconds } = this.patience;
    const isSuspended = this.#suspendedAt !== undefined;
    this.helper.checkMoves({
      ...this.patience,
      milliseconds: isSuspended ? milliseconds : milliseconds + SUSPEND_PATIENCE,
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
   * The whole stream is written.
   * @throws HostError where the guest is not suspended: another command has resumed it, between two looks
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

  /** Whether the time says something of the line: a kernel may not tell what a process has written. */
  #tells(octets: number, milliseconds: number): boolean {
    const { pages } = this.domain;
    return pages >= TELLING && milliseconds > 0 && octets >= (pages * PAGE_OCTETS) / 2;
  }

  /** It failed: the guest may have suspended since the last look. */
  failed(): void {
    try {
      if (this.#suspendedAt === undefined && this.domain.hasSuspended()) this.#suspended();
    } catch {
      // What went wrong first is what the operator needs to hear.
    }
  }
}
