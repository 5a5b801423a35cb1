/**
 * Messages between `xl`, the process that runs libxl, and the save helper that libxl starts: one JSON
 * object a line. Requests go to libxl's process. Its replies and the helper's messages share a pipe: the
 * helper speaks only while libxl's process is busy with a request, and is silent.
 */
import type {
  Bandwidth,
  HostErrorCode,
  ImageReport,
  PrecopyDecision,
  PrecopyEnd,
  PrecopyStats,
  RestoreEvent,
  SaveEvent,
} from '@mig/hypervisor';
import type { LibxlDomain } from './libxl.js';
import type { XlSettings } from './xl-settings.js';

/** A descriptor of another process, which may be duplicated from there. */
export interface ForeignDescriptor {
  readonly pid: number;
  readonly fd: number;
}

export type LibxlRequest =
  | { readonly kind: 'list' | 'free-memory' | 'control-domain-memory' | 'xl-settings' }
  | { readonly kind: 'needed-memory'; readonly configuration: string }
  | { readonly kind: 'change-control-domain-target'; readonly by: number }
  | { readonly kind: 'describe'; readonly domid: number }
  | { readonly kind: 'configuration'; readonly domid: number }
  | {
      readonly kind: 'rename';
      readonly domid: number;
      readonly name: string;
    }
  | { readonly kind: 'new-log'; readonly name: string }
  | { readonly kind: 'pause' | 'unpause' | 'resume' | 'destroy' | 'stop-log-dirty'; readonly domid: number }
  | {
      readonly kind: 'suspend';
      readonly domid: number;
      readonly stream: ForeignDescriptor;
      readonly live: boolean;
      readonly debug: boolean;
      readonly environment: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'restore';
      readonly configuration: string;
      readonly stream: ForeignDescriptor;
      readonly environment: Readonly<Record<string, string>>;
    };

type LibxlValue = LibxlDomain | readonly LibxlDomain[] | XlSettings | string | number;

export type LibxlReply =
  | { readonly kind: 'done'; readonly value?: LibxlValue }
  | {
      readonly kind: 'error';
      readonly code: HostErrorCode;
      readonly message: string;
      readonly domid?: number | undefined;
    };

/** Of the helper's failures only what there are words for elsewhere; the others libxl reports. */
export type HelperMessage =
  | { readonly kind: 'helper'; readonly pid: number }
  /** It becomes Xen's own helper, from which no news come. */
  | { readonly kind: 'handed-on' }
  /** All but `consulted`, which is for xl to say. */
  | { readonly kind: 'saving'; readonly event: SaveEvent }
  /** Only where the link was asked for them. */
  | { readonly kind: 'restoring'; readonly event: RestoreEvent }
  /** Answered by a HelperDirective on the other pipe. */
  | { readonly kind: 'consult'; readonly stats: PrecopyStats }
  /** `suspendRequestedAt`: milliseconds since 1970. */
  | { readonly kind: 'image'; readonly report: ImageReport }
  | { readonly kind: 'failed'; readonly failure: HelperFailure };

export type HelperFailure =
  | { readonly kind: 'aborted'; readonly reason: PrecopyEnd }
  | { readonly kind: 'timeout'; readonly what: string; readonly milliseconds: number }
  | { readonly kind: 'host'; readonly code: HostErrorCode; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

/** The answer of xl to a `consult`. */
export interface HelperDirective {
  readonly decision: PrecopyDecision;
  /** The bandwidth limit from now on; absent for no limit. */
  readonly bandwidth?: Bandwidth | undefined;
}

/** What xl wants to hear besides: the dirty bitmaps of a save, the events of a restore. */
export type LinkWish = 'bitmaps' | 'events';

/**
 * `PID,TO,FROM`: a process and two of its descriptors, where the helper writes HelperMessages and where it reads
 * HelperDirectives; a LinkWish as fourth where xl has one. It duplicates them from there: what it inherited, a
 * device model that libxl starts would have, too, and xl would never see their end. libxl's process puts itself before
 * what xl says.
 */
export const LINK_VARIABLE = 'MIG_HELPER_LINK';
