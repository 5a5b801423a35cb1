/**
 * The conversation between `xl`, the process that keeps libxl, and the save helper that libxl starts: one JSON object a
 * line. Requests go to libxl's process. Its replies and the helper's messages share a pipe: the helper speaks only
 * while libxl's process is busy with a request, and is silent.
 */
import type {
  Bandwidth,
  HostErrorCode,
  ImageReport,
  PassKind,
  PassReport,
  PrecopyDecision,
  PrecopyEnd,
  PrecopyStats,
} from '@mig/hypervisor';
import type { LibxlDomain } from './libxl.js';
import type { XlSettings } from './xl-settings.js';

/** A descriptor of another process, which may be duplicated from there. */
export interface ForeignDescriptor {
  readonly pid: number;
  readonly fd: number;
}

export type LibxlRequest =
  | { readonly do: 'list' | 'free-memory' | 'control-domain-memory' | 'xl-settings' }
  | { readonly do: 'needed-memory'; readonly configuration: string }
  | { readonly do: 'change-control-domain-target'; readonly by: number }
  | { readonly do: 'describe'; readonly domid: number }
  | { readonly do: 'configuration'; readonly domid: number }
  | {
      readonly do: 'rename';
      readonly domid: number;
      readonly name: string;
    }
  | { readonly do: 'new-log'; readonly name: string }
  | { readonly do: 'pause' | 'unpause' | 'resume' | 'destroy' | 'stop-log-dirty'; readonly domid: number }
  | {
      readonly do: 'suspend';
      readonly domid: number;
      readonly stream: ForeignDescriptor;
      readonly live: boolean;
      readonly debug: boolean;
      readonly environment: Readonly<Record<string, string>>;
    }
  | {
      readonly do: 'restore';
      readonly configuration: string;
      readonly stream: ForeignDescriptor;
      readonly environment: Readonly<Record<string, string>>;
    };

type LibxlValue = LibxlDomain | readonly LibxlDomain[] | XlSettings | string | number;

export type LibxlReply =
  | { readonly reply: 'done'; readonly value?: LibxlValue }
  | {
      readonly reply: 'failed';
      readonly code: HostErrorCode;
      readonly message: string;
      readonly domid?: number | undefined;
    };

/** Of the helper's failures only what there are words for elsewhere; the others libxl reports. */
export type HelperEvent =
  | { readonly event: 'helper'; readonly pid: number }
  /** It becomes Xen's own helper, from which no news come. */
  | { readonly event: 'handed-on' }
  | {
      readonly event: 'pass-started';
      readonly pass: { kind: PassKind; iteration: number; dirtyPages: number };
    }
  | {
      readonly event: 'pass-progress';
      readonly pass: { iteration: number; dirtyPages: number; pagesDone: number };
    }
  | { readonly event: 'pass-finished'; readonly pass: PassReport }
  | { readonly event: 'precopy-ended'; readonly reason: PrecopyEnd }
  | { readonly event: 'suspended' }
  /** Answered by a HelperDirective on the other pipe. */
  | { readonly event: 'consult'; readonly stats: PrecopyStats }
  /** Only where the link was asked for bitmaps: a bit a pfn, lowest first, as base64. */
  | {
      readonly event: 'log-read';
      readonly pass: { iteration: number; dirtyPages: number };
      readonly bitmap: string;
    }
  /** `suspendRequestedAt`: milliseconds since 1970. */
  | { readonly event: 'image'; readonly report: ImageReport }
  | { readonly event: 'failed'; readonly failure: HelperFailure };

export type HelperFailure =
  | { readonly kind: 'aborted'; readonly reason: PrecopyEnd }
  | { readonly kind: 'timeout'; readonly what: string; readonly milliseconds: number }
  | { readonly kind: 'host'; readonly code: HostErrorCode; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

/** What xl answers to a `consult`. */
export interface HelperDirective {
  readonly decision: PrecopyDecision;
  /** What holds from now on; no limit where it is absent. */
  readonly bandwidth?: Bandwidth | undefined;
}

/**
 * `PID,TO,FROM`: a process and two of its descriptors, where the helper writes HelperEvents and where it reads
 * HelperDirectives; `bitmaps` as fourth where xl wants the log, too. It duplicates them from there: what it inherited, a
 * device model that libxl starts would have, too, and xl would never see their end. libxl's process puts itself before
 * what xl says.
 */
export const LINK_VARIABLE = 'MIG_HELPER_LINK';
