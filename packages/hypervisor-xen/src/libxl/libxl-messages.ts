/**
 * Messages between `xl`, the process that runs libxl, and the save helper that libxl starts: one JSON
 * object a line. Requests go to libxl's process. Its replies and the helper's messages share a pipe: the
 * helper speaks only while libxl's process is busy with a request, and is silent. They have no version: `xl` names the
 * helper (LIBXL_SAVE_HELPER), so all three are of one installation.
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

/** The value that answers each kind of request; undefined if there is none. */
export interface LibxlValues extends Readonly<
  Record<'rename' | 'pause' | 'unpause' | 'resume' | 'destroy' | 'stop-log-dirty' | 'suspend', undefined>
> {
  readonly list: readonly LibxlDomain[];
  readonly describe: LibxlDomain | undefined;
  readonly configuration: string;
  readonly 'free-memory': number;
  readonly 'needed-memory': number;
  readonly 'control-domain-memory': number;
  readonly 'change-control-domain-target': number;
  readonly 'xl-settings': XlSettings;
  readonly 'new-log': string;
  /** The domid. */
  readonly restore: number;
}

export type LibxlReply =
  | { readonly kind: 'done'; readonly value?: LibxlValues[LibxlRequest['kind']] }
  | {
      readonly kind: 'error';
      readonly code: HostErrorCode;
      readonly message: string;
      readonly domid?: number | undefined;
    };

/**
 * A message of the helper. Of its failures it sends only those that mig words itself; libxl reports the
 * others.
 */
export type HelperMessage =
  | { readonly kind: 'helper'; readonly pid: number }
  /** The process becomes Xen's own helper, which sends no messages. */
  | { readonly kind: 'handed-on' }
  /** An event of the save; never `consulted`, which xl reports itself. */
  | { readonly kind: 'saving'; readonly event: SaveEvent }
  /** An event of the restore; only if the link was asked for them. */
  | { readonly kind: 'restoring'; readonly event: RestoreEvent }
  /** A question to the policy, answered by a HelperDirective on the other pipe. */
  | { readonly kind: 'consult'; readonly stats: PrecopyStats }
  /** The report on the image. `suspendRequestedAt`: milliseconds since 1970. */
  | { readonly kind: 'image'; readonly report: ImageReport }
  | { readonly kind: 'failed'; readonly failure: HelperFailure };

export type HelperFailure =
  | { readonly kind: 'aborted'; readonly reason: PrecopyEnd }
  | { readonly kind: 'timeout'; readonly what: string; readonly milliseconds: number }
  /** The stream ended early: see EndOfInputError. */
  | { readonly kind: 'ended'; readonly subject: string; readonly offset: number; readonly missing: number }
  | { readonly kind: 'host'; readonly code: HostErrorCode; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

/** The answer of xl to a `consult`. */
export interface HelperDirective {
  readonly decision: PrecopyDecision;
  /** The bandwidth limit from now on; absent for no limit. */
  readonly bandwidth?: Bandwidth | undefined;
}

/** The additional messages that xl wants: the dirty bitmaps of a save, the events of a restore. */
export type LinkWish = 'bitmaps' | 'events';

/**
 * Environment variable with `PID,TO,FROM`: a process and two of its descriptors, to which the helper writes
 * HelperMessages and from which it reads HelperDirectives; a LinkWish is the fourth part if xl has one. The
 * helper duplicates the descriptors: inherited ones would also reach a device model that libxl starts, so
 * that xl would never see their end. libxl's process puts its own pid before xl's value.
 */
export const LINK_VARIABLE = 'MIG_HELPER_LINK';
