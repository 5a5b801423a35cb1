/** Messages between a Xen host and its save helper, a process that libxl starts. */
import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import { EndOfInputError, TimeoutError } from '@mig/posix';
import { PAGE_OCTETS } from '@mig/protocol';
import { PrecopyAbortedError } from '@mig/sender';
import { type HelperFailure, LINK_VARIABLE, type LinkWish } from './libxl-messages.js';

type SavingOptions = Pick<SaveOptions, 'suspendCost' | 'lineRate' | 'stopAndCopyTimeout'>;

/**
 * @param progressTimeout milliseconds; may be infinite
 * @param options those of a save
 */
export function helperEnvironment(
  saveHelper: string,
  progressTimeout: number,
  wish: LinkWish | undefined,
  options?: SavingOptions,
): Record<string, string> {
  return {
    LIBXL_SAVE_HELPER: saveHelper,
    [LINK_VARIABLE]: ['4,5', ...(wish === undefined ? [] : [wish])].join(),
    ...(Number.isFinite(progressTimeout)
      ? { MIG_PROGRESS_TIMEOUT: String(Math.max(1, Math.round(progressTimeout / 1000))) }
      : {}),
    ...(options && {
      MIG_SUSPEND_COST: String(Math.round(options.suspendCost ?? 0)),
      // 0 means unset: the file of settings is for other toolstacks.
      MIG_STOP_AND_COPY_TIMEOUT: String(Math.ceil((options.stopAndCopyTimeout ?? 0) / 1000)),
    }),
    ...(options?.lineRate !== undefined && {
      MIG_LINE_RATE: `${Math.round(options.lineRate * PAGE_OCTETS)}B/s`,
    }),
  };
}

/** The helper gives the moment as milliseconds since 1970: its clock began at another. */
export function toLocalClock(report: ImageReport): ImageReport {
  return { ...report, suspendRequestedAt: report.suspendRequestedAt - performance.timeOrigin };
}

export function toHostError(failure: HelperFailure, options: { domid?: number; cause: unknown }): Error {
  switch (failure.kind) {
    case 'aborted':
      return new PrecopyAbortedError(failure.reason);
    case 'timeout':
      return new TimeoutError(failure.what, failure.milliseconds);
    case 'ended':
      return new EndOfInputError(failure.subject, failure.offset, failure.missing);
    case 'host':
      return new HostError(failure.code, failure.message, options);
    case 'other':
      return new HostError('unavailable', failure.message, options);
  }
}
