/** The progress of a migration, made of its events: the figures of its status. */
import {
  byKind,
  type EventTable,
  isLive,
  type PrecopyEnd,
  type PrecopyStats,
  type SendEvent,
} from '@mig/hypervisor';
import { PAGE_OCTETS } from '@mig/protocol';
import type { SourceState } from '@mig/protocol/handshake';
import type { OperatorPass, OperatorStatus } from './wire/operator-protocol.js';
import { type Clock, type DowntimeEstimate, estimateDowntime } from '@mig/sender';

export type ProgressFigures = Omit<
  OperatorStatus,
  'domid' | 'domain' | 'target' | 'pid' | 'course' | 'ownPolicy'
>;

interface PassUnderWay extends OperatorPass {
  readonly began: number;
  readonly over: boolean;
}

export class MigrationProgress {
  readonly #began: number;
  #phase: SourceState = 'awaiting-banner';
  #stats: PrecopyStats | undefined;
  #logReadAt = 0;
  #pass: PassUnderWay | undefined;
  /** Whether the policy has ended the running pass. */
  #cutShort = false;
  /** Number of pages of all memory. */
  #pages = 0;
  #octetsOfPasses = 0;
  /** Number of pages of finished live passes. */
  #livePages = 0;
  #precopyEnd: PrecopyEnd | undefined;
  /** The estimate when precopy ended. */
  #lastEstimate: DowntimeEstimate | undefined;

  readonly #rows: EventTable<SendEvent, void> = {
    'source-state': ({ state }) => {
      this.#lastEstimate = this.downtime;
      this.#phase = state;
    },
    'pass-started': ({ pass }) => {
      this.#pages = Math.max(this.#pages, pass.dirtyPages);
      this.#cutShort = false;
      this.#pass = { ...pass, pagesDone: 0, began: this.clock(), over: false };
    },
    'pass-progress': ({ pass: { pagesDone } }) => {
      if (this.#pass !== undefined) this.#pass = { ...this.#pass, pagesDone };
    },
    'pass-finished': ({ pass: { kind, sentPages, octets } }) => {
      if (this.#pass !== undefined) {
        const { dirtyPages, pagesDone } = this.#pass;
        this.#pass = { ...this.#pass, over: true, pagesDone: this.#cutShort ? pagesDone : dirtyPages };
      }
      this.#octetsOfPasses += octets;
      if (isLive(kind)) this.#livePages += sentPages;
    },
    consulted: ({ stats, answer }) => {
      this.#stats = stats;
      this.#cutShort = stats.point === 'between-batches' && answer.decision !== 'continue-precopy';
      if (stats.point === 'dirty-count-known') this.#logReadAt = this.clock();
      // The first decision counts: a later one may cut short the pages that are sent live after it.
      if (answer.decision !== 'continue-precopy') this.#precopyEnd ??= answer.reason;
    },
    'precopy-ended': ({ reason }) => {
      this.#precopyEnd = reason;
    },
    'log-read': undefined,
    suspended: undefined,
    note: undefined,
  };

  constructor(private readonly clock: Clock = () => performance.now()) {
    this.#began = clock();
  }

  onEvent(event: SendEvent): void {
    byKind(this.#rows, event);
  }

  get phase(): SourceState {
    return this.#phase;
  }

  /** Number of finished live passes. */
  get iteration(): number {
    return this.#stats?.iteration ?? 0;
  }

  /** Assumed cost of a suspend in milliseconds; 0 before the policy was first asked. */
  get suspendCost(): number {
    return this.#stats?.suspendCost ?? 0;
  }

  /** The reason why precopy ends, as soon as that is decided. */
  get precopyEnd(): PrecopyEnd | undefined {
    return this.#precopyEnd;
  }

  /** Pages that would be unsent if the domain were suspended now, including those dirtied meanwhile. */
  get pagesLeft(): number | undefined {
    if (this.#stats === undefined) return undefined;
    const { dirtyRate = 0, dirtyCount = 0 } = this.#stats;
    const pass = this.#pass;
    const known = pass === undefined || pass.over ? dirtyCount : pass.dirtyPages - pass.pagesDone;
    const meanwhile = (dirtyRate * (this.clock() - this.#logReadAt)) / 1000;
    return Math.min(Math.round(known + meanwhile), Math.max(this.#pages, known));
  }

  /** The estimated downtime if precopy ended now; undefined if unknown. */
  get downtime(): DowntimeEstimate | undefined {
    if (this.#phase !== 'precopy') return this.#lastEstimate;
    return this.#stats && estimateDowntime(this.pagesLeft, this.#stats);
  }

  figures(): ProgressFigures {
    const { sendRate, dirtyRate, dirtyCounts = [] } = this.#stats ?? {};
    const dirtyPages = dirtyCounts.at(-1);
    const downtime = this.downtime;
    const passLeft = this.#passLeft();
    return {
      phase: this.#phase,
      iteration: this.iteration,
      ...(this.#pass && { pass: passOf(this.#pass) }),
      ...(dirtyPages !== undefined && { dirtyPages }),
      ...(sendRate !== undefined && { sendRate }),
      ...(dirtyRate !== undefined && { dirtyRate }),
      octetsSent: this.#octetsOfPasses + this.#octetsOfPass(),
      elapsedMilliseconds: this.clock() - this.#began,
      ...(downtime && {
        estimatedDowntimeMilliseconds: downtime.most,
        leastDowntimeMilliseconds: downtime.least,
      }),
      ...(passLeft !== undefined && { passLeftMilliseconds: passLeft }),
      ...(this.#precopyEnd && { precopyEnd: this.#precopyEnd }),
    };
  }

  #octetsOfPass(): number {
    const pass = this.#pass;
    if (pass === undefined || pass.over) return 0;
    // For live passes it is known which pages were holes.
    const pages = isLive(pass.kind) ? (this.#stats?.totalWritten ?? 0) - this.#livePages : pass.pagesDone;
    return Math.max(pages, 0) * PAGE_OCTETS;
  }

  #passLeft(): number | undefined {
    const pass = this.#pass;
    if (pass === undefined || pass.over) return undefined;
    const own = (pass.pagesDone / (this.clock() - pass.began)) * 1000;
    // In the other passes the domain is suspended, and another bandwidth may apply.
    const rate = isLive(pass.kind) ? this.#stats?.sendRate : own;
    return rate !== undefined && rate > 0 ? ((pass.dirtyPages - pass.pagesDone) / rate) * 1000 : undefined;
  }
}

function passOf({ kind, iteration, dirtyPages, pagesDone }: PassUnderWay): OperatorPass {
  return { kind, iteration, dirtyPages, pagesDone };
}
