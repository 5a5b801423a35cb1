import { messageOf, MigError } from '@mig/errors';
import type { TimeoutError } from '@mig/channel';
import type { DomainState, PrecopyEnd } from '@mig/hypervisor';
import {
  type ArrivalRefusal,
  BANNER,
  type BannerVerdict,
  type RefusedArrival,
  type SourceOutcome,
  type SourceState,
  type Standing,
} from '@mig/protocol/handshake';
import { quoted } from '@mig/protocol/terminal-text';

/** The policy decided against going on; the domain keeps running. */
export class PrecopyAbortedError extends MigError {
  override readonly name = 'PrecopyAbortedError';
  readonly code = 'precopy-aborted';

  constructor(readonly reason: PrecopyEnd) {
    super(reason.sentence);
  }
}

/** The banner did not arrive, or something else did. */
export class BannerError extends MigError {
  override readonly name = 'BannerError';
  readonly code = 'no-banner';

  /**
   * @param octets number of octets received
   * @param late whether the rest did not arrive in time
   */
  constructor(
    readonly verdict: BannerVerdict,
    readonly octets: number,
    late?: TimeoutError,
  ) {
    super(bannerMessage(verdict, octets, late), { cause: late });
  }
}

/** The target takes no domain now, and has said why in place of its banner. */
export class ArrivalRefusedError extends MigError {
  override readonly name = 'ArrivalRefusedError';
  readonly code: ArrivalRefusal;

  constructor({ code, sentence }: RefusedArrival) {
    super(`the target refused the domain: ${quoted(sentence)}`);
    this.code = code;
  }
}

function bannerMessage(verdict: BannerVerdict, octets: number, late: TimeoutError | undefined): string {
  if (verdict.kind === 'through-terminal') {
    return `the target's banner ends with a carriage return: ${verdict.likelyCause}`;
  }
  if (verdict.kind !== 'other') {
    const within = late === undefined ? '' : ` within ${late.milliseconds / 1000} s`;
    return `the target's banner was not whole${within}: ${octets} bytes of ${BANNER.length}`;
  }
  const { firstLine, likelyCause } = verdict;
  const received = octets === 0 ? 'no banner' : `"${firstLine}" in place of its banner`;
  return `the target sent ${received}: ${likelyCause}`;
}

/** The target checks no digests, which the caller insists on; the domain was not touched. */
export class DigestNotOfferedError extends MigError {
  override readonly name = 'DigestNotOfferedError';
  readonly code = 'digest-not-offered';

  /** @param late the end of the wait for a hello, if none came */
  constructor(
    readonly why: 'no-hello' | 'other-message' | 'not-in-hello',
    late?: TimeoutError,
  ) {
    super(`the target checks no digests: ${notOffered(why, late)}`, { cause: late });
  }
}

function notOffered(why: DigestNotOfferedError['why'], late: TimeoutError | undefined): string {
  if (why === 'not-in-hello') return 'its mig does not know them, or its hypervisor cannot';
  if (why === 'other-message') return 'it sent something else than a hello';
  const within = late === undefined ? '' : ` within ${late.milliseconds / 1000} s`;
  return `it said no hello${within}, as the stock xl and an older mig do not`;
}

/** The target hung up when a message of the handshake was due. */
export class MissingMessageError extends MigError {
  override readonly name = 'MissingMessageError';
  readonly code = 'missing-message';

  /** @param octets number of the message's octets received */
  constructor(
    readonly what: string,
    readonly octets: number,
  ) {
    super(`the target hung up ${octets === 0 ? 'before' : `${octets} bytes into`} the ${what}`);
  }
}

/** The target sent something else when a message of the handshake was due. */
export class UnexpectedMessageError extends MigError {
  override readonly name = 'UnexpectedMessageError';
  readonly code = 'unexpected-message';

  constructor(
    readonly what: string,
    readonly received: Uint8Array,
  ) {
    const shown = quoted(new TextDecoder().decode(received));
    super(`the target sent "${shown}" instead of the ${what}`);
  }
}

/** The target reports that it could not start its copy. */
export class TargetFailedError extends MigError {
  override readonly name = 'TargetFailedError';
  readonly code = 'target-failed';

  /** @param status libxl's error number, negated: 6 is ERROR_INVAL */
  constructor(readonly status: number) {
    super(`the target could not start the domain (status code ${status})`);
  }
}

/** The state in which a domain was found, and its standing. */
export interface FoundDomain extends DomainState {
  readonly standing: Standing | 'unknown';
}

export interface MigrationErrorDetails {
  /** The state of the domain at this end after the failure was handled; undefined if it is unknown. */
  readonly found?: FoundDomain | 'gone' | undefined;
  /** The further failure while the domain was brought back. */
  readonly recoveryError?: unknown;
}

/**
 * A failed migration: the state in which it failed, the resulting outcome at the source, the domain's actual
 * state afterwards, and the cause.
 */
export class MigrationError extends MigError {
  override readonly name = 'MigrationError';
  readonly code = 'migration-failed';
  readonly found: FoundDomain | 'gone' | undefined;
  readonly recoveryError: unknown;

  constructor(
    readonly state: SourceState,
    readonly outcome: SourceOutcome,
    override readonly cause: unknown,
    details: MigrationErrorDetails = {},
  ) {
    super(messageOf(cause), { cause });
    this.found = details.found;
    this.recoveryError = details.recoveryError;
  }
}
