/**
 * The events of a migration, as values: whoever follows a migration passes an `onEvent`, which gets each
 * event once, in order. An event is plain data, which crosses into another thread or process unchanged.
 * Listeners must not throw.
 */
import type { DomainHeader } from '@mig/protocol';
import type { SourceState, TargetState } from '@mig/protocol/handshake';
import type { PrecopyDecision, PrecopyEnd, PrecopyStats } from './policy.js';
import type { PassReport } from './report.js';

/** The facts about a pass when it begins. */
export type PassStart = Pick<PassReport, 'kind' | 'iteration' | 'dirtyPages'>;

/** The progress of a pass. */
export interface PassProgress {
  readonly iteration: number;
  readonly dirtyPages: number;
  /** Pages handled so far, including holes. */
  readonly pagesDone: number;
}

/** A remark for people, e.g. that something requested is not available; nothing fails because of it. */
export interface NoteEvent {
  readonly kind: 'note';
  readonly text: string;
}

/** An event while an image is written. */
export type SaveEvent =
  | { readonly kind: 'pass-started'; readonly pass: PassStart }
  /** Progress, between batches. */
  | { readonly kind: 'pass-progress'; readonly pass: PassProgress }
  | { readonly kind: 'pass-finished'; readonly pass: PassReport }
  /** The policy was asked; for each batch, too. */
  | { readonly kind: 'consulted'; readonly stats: PrecopyStats; readonly answer: PrecopyDecision }
  | LogReadEvent
  | { readonly kind: 'precopy-ended'; readonly reason: PrecopyEnd }
  | { readonly kind: 'suspended' }
  | NoteEvent;

/** The log of dirty pages was read after the live pass of that number; only with `dirtyBitmaps`. */
export interface LogReadEvent {
  readonly kind: 'log-read';
  readonly pass: { readonly iteration: number; readonly dirtyPages: number };
  /**
   * The pages to send next: one bit per pfn, lowest first. Valid during the call only: the next pass changes
   * it.
   */
  readonly bitmap: Uint32Array;
}

/** An event of a domain that is sent. */
export type SendEvent = SaveEvent | { readonly kind: 'source-state'; readonly state: SourceState };

/**
 * A pass of the source as far as the stream shows it: the pfns of a pass ascend, so a batch that does not
 * continue above the last one begins a new pass. A pass that found nothing dirty, or that continues above
 * where the last was cut short, is invisible.
 */
export interface IncomingPass {
  /** Number of the pass, counted from 0 over all visible ones. */
  readonly iteration: number;
  /** Whether the pages are compared with those in place, instead of replacing them (`--debug`). */
  readonly verify: boolean;
  /** Number of the pass's pages whose octets have arrived. */
  readonly pages: number;
  /** Octets of the pass on the stream, including record headers. */
  readonly octets: number;
}

/** An event while an image is restored. */
export type RestoreEvent =
  /**
   * The headers of the image have arrived: they tell the kind of domain, and the Xen version that wrote it.
   */
  | {
      readonly kind: 'image-started';
      readonly domain: Pick<DomainHeader, 'type' | 'xenMajor' | 'xenMinor'>;
    }
  /** A record without pages has arrived, and was applied to the domain; `type` is Xen's name of its type. */
  | { readonly kind: 'record-applied'; readonly type: string }
  | { readonly kind: 'incoming-pass-started'; readonly pass: IncomingPass }
  /** Progress, after each PAGE_DATA record. */
  | { readonly kind: 'incoming-pass-progress'; readonly pass: IncomingPass }
  | {
      readonly kind: 'incoming-pass-finished';
      readonly pass: IncomingPass & { readonly milliseconds: number };
    }
  /**
   * The image has arrived up to its END: the pages put in place, counted again if sent again, and its octets.
   */
  | { readonly kind: 'image-finished'; readonly pages: number; readonly octets: number };

/** An event of a domain that is received. */
export type ReceiveEvent =
  | RestoreEvent
  | { readonly kind: 'target-state'; readonly state: TargetState }
  /** The xl header has arrived, with the domain's name. */
  | { readonly kind: 'domain-announced'; readonly name: string }
  /** The domain is complete, but does not run yet. */
  | { readonly kind: 'domain-restored'; readonly domid: number }
  | NoteEvent;

/** An event of a migration, at either end. */
export type MigrationEvent = SendEvent | ReceiveEvent;

/** Picks the event of one kind. */
export type EventOf<E extends { readonly kind: string }, K extends E['kind']> = Extract<
  E,
  { readonly kind: K }
>;

/**
 * A table with a row for each kind of event: how one surface of the program handles it, `undefined` if it
 * ignores it.
 */
export type EventTable<E extends { readonly kind: string }, T> = {
  readonly [K in E['kind']]: ((event: EventOf<E, K>) => T) | undefined;
};

/** Passes the event to the row of its kind. @returns undefined if that row ignores it */
export function byKind<E extends { readonly kind: string }, T>(
  table: EventTable<E, T>,
  event: E,
): T | undefined {
  const row = table[event.kind as E['kind']] as ((event: E) => T) | undefined;
  return row?.(event);
}
