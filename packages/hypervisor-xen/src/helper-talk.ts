/** What a Xen host and its save helper, a process that libxl starts, have to say to each other. */
import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import { TimeoutError } from '@mig/posix';
import { PAGE_OCTETS } from '@mig/protocol';
import { PrecopyAbortedError } from '@mig/sender';
import {
  type HelperDirective,
  type HelperEvent,
  type HelperFailure,
  LINK_VARIABLE,
} from './libxl-messages.js';

type SavingOptions = Pick<
  SaveOptions,
  'observer' | 'policy' | 'bandwidth' | 'suspendCost' | 'lineRate' | 'stopAndCopyTimeout'
>;

/**
 * @param progressTimeout milliseconds; may be infinite
 * @param options those of a save
 */
export function helperEnvironment(
  saveHelper: string,
  progressTimeout: number,
  options?: SavingOptions,
): Record<string, string> {
  return {
    LIBXL_SAVE_HELPER: saveHelper,
    [LINK_VARIABLE]: options?.observer?.logRead === undefined ? '4,5' : '4,5,bitmaps',
    ...(Number.isFinite(progressTimeout)
      ? { MIG_PROGRESS_TIMEOUT: String(Math.max(1, Math.round(progressTimeout / 1000))) }
      : {}),
    ...(options && {
      MIG_SUSPEND_COST: String(Math.round(options.suspendCost ?? 0)),
      // 0 is unset: what the file of settings says is for other toolstacks.
      MIG_STOP_AND_COPY_TIMEOUT: String(Math.ceil((options.stopAndCopyTimeout ?? 0) / 1000)),
    }),
    ...(options?.lineRate !== undefined && {
      MIG_LINE_RATE: `${Math.round(options.lineRate * PAGE_OCTETS)}B/s`,
    }),
  };
}

/** @returns what hears the helper of a save, and answers it */
export function heardBy(
  { observer, policy, bandwidth }: SavingOptions,
  image: (report: ImageReport) => void,
): (event: HelperEvent) => HelperDirective | undefined {
  return (event) => {
    switch (event.event) {
      case 'pass-started':
        observer?.passStarted?.(event.pass);
        return undefined;
      case 'pass-progress':
        observer?.passProgress?.(event.pass);
        return undefined;
      case 'pass-finished':
        observer?.passFinished?.(event.pass);
        return undefined;
      case 'precopy-ended':
        observer?.precopyEnded?.(event.reason);
        return undefined;
      case 'suspended':
        observer?.suspended?.();
        return undefined;
      case 'consult': {
        const decision = policy(event.stats);
        observer?.consulted?.(event.stats, decision);
        return { decision, bandwidth: bandwidth?.() };
      }
      case 'log-read':
        observer?.logRead?.(event.pass, bitmapIn(event.bitmap));
        return undefined;
      case 'image':
        image(inOurTime(event.report));
        return undefined;
      case 'failed':
      case 'helper':
      case 'handed-on':
        return undefined;
    }
  };
}

/** Copied, for an array of words begins at a multiple of four octets. */
function bitmapIn(base64: string): Uint32Array {
  return new Uint32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
}

/** The helper gives the moment as milliseconds since 1970: its clock began at another. */
function inOurTime(report: ImageReport): ImageReport {
  return { ...report, suspendRequestedAt: report.suspendRequestedAt - performance.timeOrigin };
}

export function inOurWords(failure: HelperFailure, options: { domid?: number; cause: unknown }): Error {
  switch (failure.kind) {
    case 'aborted':
      return new PrecopyAbortedError(failure.reason);
    case 'timeout':
      return new TimeoutError(failure.what, failure.milliseconds);
    case 'host':
      return new HostError(failure.code, failure.message, options);
    case 'other':
      return new HostError('unavailable', failure.message, options);
  }
}
