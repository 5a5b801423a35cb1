import type { TimeoutError } from '@mig/channel';
import type { DomainState, PrecopyEnd } from '@mig/hypervisor';
import {
  BANNER,
  type BannerVerdict,
  type SourceOutcome,
  type SourceState,
  type Standing,
} from '@mig/protocol/handshake';
import { quoted } from '@mig/protocol/terminal-text';

/** The policy decided against going on; the domain keeps running. */
export class PrecopyAbortedError extends Error {
  override readonly name = 'PrecopyAbortedError';

  constructor(readonly reason: PrecopyEnd) {
    super(`precopy aborted: ${reason.sentence}`);
  }
}

/** Something else came in the banner's place, or nothing. */
export class BannerError extends Error {
  override readonly name = 'BannerError';

  /**
   * @param octets how many were received
   * @param late where the rest did not come in time
   */
  constructor(
    readonly verdict: BannerVerdict,
    readonly octets: number,
    late?: TimeoutError,
  ) {
    super(bannerMessage(verdict, octets, late), { cause: late });
  }
}

function bannerMessage(verdict: BannerVerdict, octets: number, late: TimeoutError | undefined): string {
  if (verdict.kind === 'through-terminal') {
    return `the target's banner ends with a carriage return: ${verdict.likelyCause}`;
  }
  if (verdict.kind !== 'other') {
    const within = late === undefined ? '' : ` within ${late.milliseconds / 1000} s`;
    return `the target's banner was not whole${within}: ${octets} octets of ${BANNER.length}`;
  }
  const { firstLine, likelyCause } = verdict;
  const received = octets === 0 ? 'no banner' : `"${firstLine}" in place of its banner`;
  return `the target sent ${received}: ${likelyCause}`;
}

/** A message of the handshake was due and the target hung up. */
export class MissingMessageError extends Error {
  override readonly name = 'MissingMessageError';

  /** @param octets how many of it had been received */
  constructor(
    readonly what: string,
    readonly octets: number,
  ) {
    super(`the target hung up ${octets === 0 ? 'before' : `${octets} octets into`} the ${what}`);
  }
}

/** A message of the handshake was due and something else came. */
export class UnexpectedMessageError extends Error {
  override readonly name = 'UnexpectedMessageError';

  constructor(
    readonly what: string,
    readonly received: Uint8Array,
  ) {
    const shown = quoted(new TextDecoder().decode(received));
    super(`the target sent "${shown}" instead of the ${what}`);
  }
}

/** The target says that it could not start its copy. */
export class TargetFailedError extends Error {
  override readonly name = 'TargetFailedError';

  /** @param status libxl's error number, negated: 6 is ERROR_INVAL */
  constructor(readonly status: number) {
    super(`the target could not start the domain (status code ${status})`);
  }
}

/** How a domain was found, and in whose hands. */
export interface FoundDomain extends DomainState {
  readonly standing: Standing | 'unknown';
}

export interface MigrationErrorDetails {
  /** How the domain was found at this end once all was done; undefined where that could not be told. */
  readonly left?: FoundDomain | 'gone' | undefined;
  /** What failed on top of it while the domain was brought back. */
  readonly recoveryError?: unknown;
}

/**
 * A migration that did not end as it should: where the source stood, what the table makes of the domain at this end,
 * how it was found there, and why.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly left: FoundDomain | 'gone' | undefined;
  readonly recoveryError: unknown;

  constructor(
    readonly state: SourceState,
    readonly outcome: SourceOutcome,
    override readonly cause: unknown,
    details: MigrationErrorDetails = {},
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.left = details.left;
    this.recoveryError = details.recoveryError;
  }
}
