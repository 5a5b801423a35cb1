/** The lines of `xl migrate --json` as types; docs/json.md has the words. */
import type { PassProgress, PassReport, PassStart, PrecopyDecision, PrecopyStats } from '@mig/hypervisor';
import type { settingsOnWire } from '@mig/operator';
import type { SourceState } from '@mig/protocol/handshake';
import type { completeEvent, failedEvent } from '../view/summary.js';

/** The last event of a success. */
export type CompleteEvent = ReturnType<typeof completeEvent> & { readonly event: 'complete' };

/** The last event of a failure. */
export type FailedEvent = ReturnType<typeof failedEvent> & { readonly event: 'failed' };

/** An event of a migration. Within a version of the events others are added: ignore what you do not know. */
export type MigrateEvent =
  | { readonly event: 'schema'; readonly of: string; readonly version: number }
  | { readonly event: 'source-state'; readonly state: SourceState }
  | (PassStart & { readonly event: 'pass-started' })
  | (PassProgress & { readonly event: 'progress' })
  | (PassReport & { readonly event: 'pass' })
  | { readonly event: 'consulted'; readonly stats: PrecopyStats; readonly answer: PrecopyDecision }
  | { readonly event: 'precopy-ended'; readonly code: string; readonly sentence: string }
  | { readonly event: 'course'; readonly course: ReturnType<typeof settingsOnWire> }
  | { readonly event: 'note'; readonly text: string }
  | { readonly event: 'left-out'; readonly events: number }
  | CompleteEvent
  | FailedEvent;
