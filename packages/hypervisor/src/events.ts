/**
 * What happens in a migration, as values: whoever follows one is given an `onEvent`, and is told each event once, in order.
 * An event is plain data, which crosses into another thread or process as it stands. Listeners must not throw.
 */
import type { DomainHeader } from '@mig/protocol';
import type { SourceState, TargetState } from '@mig/protocol/handshake';
import type { PrecopyDecision, PrecopyEnd, PrecopyStats } from './policy.js';
import type { PassReport } from './report.js';

/** What is known of a pass when it begins. */
export type PassStart = Pick<PassReport, 'kind' | 'iteration' | 'dirtyPages'>;

/** How far a pass has come. */
export interface PassProgress {
  readonly iteration: number;
  readonly dirtyPages: number;
  /** Pages dealt with, holes included. */
  readonly pagesDone: number;
}

/** A remark for people: something that was asked for is not to be had, say, and nothing fails for it. */
export interface NoteEvent {
  readonly kind: 'note';
  readonly text: string;
}

/** What happens while an image is written. */
export type SaveEvent =
  | { readonly kind: 'pass-started'; readonly pass: PassStart }
  /** Between batches. */
  | { readonly kind: 'pass-progress'; readonly pass: PassProgress }
  | { readonly kind: 'pass-finished'; readonly pass: PassReport }
  /** The policy was asked, also for each batch. */
  | { readonly kind: 'consulted'; readonly stats: PrecopyStats; readonly answer: PrecopyDecision }
  | LogReadEvent
  | { readonly kind: 'precopy-ended'; readonly reason: PrecopyEnd }
  | { readonly kind: 'suspended' }
  | NoteEvent;

/** The log of dirty pages was read, after the live pass of that number; only with `dirtyBitmaps`. */
export interface LogReadEvent {
  readonly kind: 'log-read';
  readonly pass: { readonly iteration: number; readonly dirtyPages: number };
  /** The pages now to be sent, a bit a pfn, lowest first. Valid during the call only: the next pass changes it. */
  readonly bitmap: Uint32Array;
}

/** What happens to a domain that is sent. */
export type SendEvent = SaveEvent | { readonly kind: 'source-state'; readonly state: SourceState };

/**
 * A pass of the source as far as the stream shows it: within one the pfns ascend, so that a batch that does not go on above
 * the last begins another. One that found nothing dirty, or goes on above where the last was cut short, is not seen.
 */
export interface IncomingPass {
  /** Counted from 0 over all that were seen. */
  readonly iteration: number;
  /** The pages are compared with those that are there, and not put in their place (`--debug`). */
  readonly verify: boolean;
  /** Pages of the pass whose octets have come. */
  readonly pages: number;
  /** Octets of the pass on the stream, record headers included. */
  readonly octets: number;
}

/** What happens while an image is restored. */
export type RestoreEvent =
  /** The headers of the image have come: what kind of domain it is of, and which Xen wrote it. */
  | {
      readonly kind: 'image-started';
      readonly domain: Pick<DomainHeader, 'type' | 'xenMajor' | 'xenMinor'>;
    }
  /** A record other than of pages has come, and was given to the domain: of this type, in Xen's words. */
  | { readonly kind: 'record-applied'; readonly type: string }
  | { readonly kind: 'incoming-pass-started'; readonly pass: IncomingPass }
  /** After each PAGE_DATA record. */
  | { readonly kind: 'incoming-pass-progress'; readonly pass: IncomingPass }
  | {
      readonly kind: 'incoming-pass-finished';
      readonly pass: IncomingPass & { readonly milliseconds: number };
    }
  /** The image has come up to its END: pages put in place, again counted when sent again, and octets in all. */
  | { readonly kind: 'image-finished'; readonly pages: number; readonly octets: number };

/** What happens to a domain that is received. */
export type ReceiveEvent =
  | RestoreEvent
  | { readonly kind: 'target-state'; readonly state: TargetState }
  /** The xl header has come: what the domain is called. */
  | { readonly kind: 'domain-announced'; readonly name: string }
  /** It is complete, and run by nobody yet. */
  | { readonly kind: 'domain-restored'; readonly domid: number }
  | NoteEvent;

/** What happens in a migration, at either end. */
export type MigrationEvent = SendEvent | ReceiveEvent;

/** The event of one kind. */
export type EventOf<E extends { readonly kind: string }, K extends E['kind']> = Extract<
  E,
  { readonly kind: K }
>;

/** A row for each kind of event: what one face of the program makes of it, `undefined` where it has no use for it. */
export type EventTable<E extends { readonly kind: string }, T> = {
  readonly [K in E['kind']]: ((event: EventOf<E, K>) => T) | undefined;
};

/** Gives the event to the row of its kind. @returns undefined where that makes nothing of it */
export function byKind<E extends { readonly kind: string }, T>(
  table: EventTable<E, T>,
  event: E,
): T | undefined {
  const row = table[event.kind as E['kind']] as ((event: E) => T) | undefined;
  return row?.(event);
}
