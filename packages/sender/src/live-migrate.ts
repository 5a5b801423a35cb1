/**
 * The source's half of a migration: the handshake around the stream, driven by the table *Who may run the
 * domain* in @mig/protocol/handshake, which gives the outcome of a failure in each state.
 */
import {
  type Channel,
  deadlineIn,
  type Interrupt,
  InterruptedError,
  type OctetSink,
  type OctetSource,
  TimeoutError,
} from '@mig/channel';
import {
  type Bandwidth,
  type Compression,
  type Host,
  HostError,
  type ImageReport,
  isLive,
  type OutgoingDomain,
  type PrecopyPolicy,
  type SendEvent,
} from '@mig/hypervisor';
import { encodeXlHeader, xlHeader, XlOptionalFlag } from '@mig/protocol';
import {
  awayName,
  type ExtensionFeatures,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  type SourceEvent,
  type SourceOutcome,
  type SourceState,
  sourceTable,
  STATUS_SUCCESS,
} from '@mig/protocol/handshake';
import { awaitBanner, awaitMessage, awaitStatus } from './await-message.js';
import { DigestingSink } from './digesting-sink.js';
import { DigestNotOfferedError, type FoundDomain, MigrationError, TargetFailedError } from './errors.js';
import { HelloWatch } from './hello-watch.js';
import { simplePolicy } from './policies/index.js';
import { SOURCE_TIMEOUTS_DEFAULT, type SourceTimeouts } from './timeouts.js';

export interface LiveMigrateOptions {
  /** The domain's epoch when the caller looked at it: if it is another by now, the domain is not touched. */
  readonly epoch?: number | undefined;
  readonly precopyIterations?: number;
  /** Most dirty pages at which the simple policy ends precopy. */
  readonly precopyThreshold?: number;
  /** A policy in place of the simple one with the two settings above. */
  readonly policy?: PrecopyPolicy;
  /** The bandwidth limit: see SaveOptions. */
  readonly bandwidth?: () => Bandwidth | undefined;
  /** The fixed cost of a suspend, whatever is dirty, in milliseconds: see MigrationReport. */
  readonly suspendCost?: number;
  /** The line's rate: see SaveOptions. */
  readonly lineRate?: number | undefined;
  /** Compression of pages for a target that takes them compressed: see SaveOptions. */
  readonly compress?: Compression | undefined;
  /** Whether all of memory is sent again after the suspend, for the target to compare. */
  readonly debug?: boolean;
  /**
   * Whether digests of the whole stream are sent, for the target to check: it waits for the target's hello, within the
   * timeout `progress`, and ends untouched if the target offers no `digest`. Default: false.
   */
  readonly digest?: boolean | undefined;
  /** The target's place, for the host to remember while its domain is away. */
  readonly sentTo?: string | undefined;
  /** Makes the libxl JSON to send from the domain's own, as it was when the domain was taken. */
  readonly configuration?: (own: string) => string;
  /** Whether the domain is taken in spite of known obstacles: see Purpose. */
  readonly unchecked?: boolean | undefined;
  readonly onEvent?: ((event: SendEvent) => void) | undefined;
  /** Whether each reading of the log is an event, with its bitmap: see SaveOptions. */
  readonly dirtyBitmaps?: boolean | undefined;
  readonly timeouts?: Partial<SourceTimeouts>;
  /**
   * Ends the waits that follow permission to go, which the channel's own interrupt must not end: the outcome
   * is then unknown.
   */
  readonly abandon?: Interrupt;
}

export interface MigrationReport extends ImageReport {
  /**
   * Milliseconds for which neither end ran the domain, as the source sees it: from just before the guest is
   * asked to suspend until the target's report of success has been read. Included: the guest's own suspend,
   * the last pages, the context, the target's work to complete and start the domain, the round trips. Not
   * included: the time that the guest needs to resume its work.
   */
  readonly downtimeMilliseconds: number;
  /** Milliseconds of the downtime in which no page was sent: the least that the next suspend will cost. */
  readonly suspendCostMilliseconds: number;
  /** Milliseconds from the banner to the report. */
  readonly totalMilliseconds: number;
  /** Octets sent to the target in total. */
  readonly octetsSent: number;
  /** Number of digests that the target has checked; absent without `digest`. */
  readonly digests?: number;
}

/**
 * Moves a domain to the host at the other end of the channel (libxl_domain_live_migrate and what `xl` does
 * around it). Blocks until it is over. On return the domain is destroyed here and runs there.
 * @throws MigrationError with the outcome for the domain at this end
 */
export function liveMigrate(
  host: Host,
  domid: number,
  channel: Channel,
  options: LiveMigrateOptions = {},
): MigrationReport {
  const { unchecked } = options;
  let domain: OutgoingDomain;
  try {
    domain = host.take(domid, { kind: 'migration', to: options.sentTo, epoch: options.epoch, unchecked });
  } catch (error) {
    throw new MigrationError('awaiting-banner', 'untouched', error, { found: look(host, domid) });
  }
  return new Source(host, domain, channel, options).run();
}

const NONE = new Uint8Array(0);

class Source {
  readonly #host: Host;
  readonly #domid: number;
  readonly #input: OctetSource;
  readonly #output: OctetSink;
  readonly #options: LiveMigrateOptions;
  readonly #timeouts: SourceTimeouts;
  readonly #domain: OutgoingDomain;
  #state: SourceState = 'awaiting-banner';
  /** Set once the target was told that this source is mig. */
  #hello: HelloWatch | undefined;
  /** The sink of the stream if it has digests. */
  readonly #digesting: DigestingSink | undefined;

  constructor(host: Host, domain: OutgoingDomain, { input, output }: Channel, options: LiveMigrateOptions) {
    this.#host = host;
    this.#domain = domain;
    this.#domid = domain.info.domid;
    this.#input = input;
    this.#output = output;
    this.#options = options;
    if (options.digest === true) this.#digesting = new DigestingSink(output);
    this.#timeouts = { ...SOURCE_TIMEOUTS_DEFAULT, ...options.timeouts };
  }

  run(): MigrationReport {
    try {
      return this.#migrate();
    } catch (error) {
      throw this.#settle(error);
    } finally {
      this.#domain.release();
    }
  }

  #migrate(): MigrationReport {
    const { banner, ready, report } = this.#timeouts;
    this.#options.onEvent?.({ kind: 'source-state', state: this.#state });
    this.#checkNames();
    this.#checkFeatures();
    const { configuration: own } = this.#domain;
    const configuration = this.#options.configuration?.(own) ?? own;
    awaitBanner(this.#input, banner);
    const began = performance.now();
    // The domain is not touched before the target has agreed.
    if (this.#digesting !== undefined) this.#agreeOnDigests(this.#digesting, configuration);
    this.#advance('banner-read');

    const image = this.#sendStream(configuration);
    this.#advance('stream-written');

    awaitMessage(this.#input, READY, 'ready message', ready, () => this.#hello?.finish() ?? NONE);
    this.#advance('ready-read');
    this.#domain.sendAway(awayName(this.#domain.info.name), this.#options.sentTo);
    // From here on no interrupt takes the domain back.
    const raised = this.#input.interrupt?.raised;
    if (raised !== undefined) throw new InterruptedError(raised);
    this.#advance('renamed-away');
    this.#givePermission();

    awaitMessage(this.#input, REPORT, 'report', report);
    const status = awaitStatus(this.#input);
    if (status !== STATUS_SUCCESS) this.#takeBack(status);
    this.#advance('success-read');
    const ended = performance.now();

    this.#destroy();
    this.#advance('destroyed');
    const downtimeMilliseconds = ended - image.suspendRequestedAt;
    const sending = image.passes.filter(({ kind }) => !isLive(kind));
    return {
      ...image,
      downtimeMilliseconds,
      suspendCostMilliseconds: sending.reduce((left, pass) => left - pass.milliseconds, downtimeMilliseconds),
      totalMilliseconds: ended - began,
      octetsSent: this.#output.octets,
      ...(this.#digesting && { digests: this.#digesting.digests }),
    };
  }

  /** Checks, before a page is sent, that the domain can get its name for being away. */
  #checkNames(): void {
    const away = awayName(this.#domain.info.name);
    const holder = this.#host.find(away);
    if (holder?.name !== away) return;
    const { domid } = holder;
    throw new HostError('name-taken', `domain ${domid} is called ${away} already, which this one is to be`, {
      domid,
    });
  }

  /** Checks that this host can do what is wanted of it. */
  #checkFeatures(): void {
    if (this.#digesting === undefined || this.#domain.features?.has('digest') === true) return;
    throw new HostError('unavailable', 'this host sends no digests of the stream', { domid: this.#domid });
  }

  /** Announces digests, and waits until the target has said that it checks them. */
  #agreeOnDigests(output: OctetSink, configuration: string): void {
    const { progress } = this.#timeouts;
    this.#writeHeader(output, configuration, XlOptionalFlag.EXTENSION | XlOptionalFlag.DIGEST);
    this.#input.deadline = deadlineIn(progress, 'no hello from the target');
    this.#hello = new HelloWatch(this.#input);
    let offered: ExtensionFeatures | undefined;
    try {
      offered = this.#hello.await();
    } catch (error) {
      throw error instanceof TimeoutError ? new DigestNotOfferedError('no-hello', error) : error;
    }
    if (offered === undefined) throw new DigestNotOfferedError('other-message');
    if (!offered.has('digest')) throw new DigestNotOfferedError('not-in-hello');
    this.#input.deadline = undefined;
  }

  #writeHeader(output: OctetSink, configuration: string, flags: number): void {
    const { progress } = this.#timeouts;
    output.timeout = { what: 'the target took no bytes of the stream', milliseconds: progress };
    output.write(encodeXlHeader(xlHeader(configuration, flags >>> 0)));
  }

  #sendStream(configuration: string): ImageReport {
    const { onEvent, policy, precopyIterations, precopyThreshold, debug = false } = this.#options;
    const { bandwidth, suspendCost, lineRate, dirtyBitmaps, compress } = this.#options;
    const { suspend, stopAndCopy } = this.#timeouts;
    const digesting = this.#digesting;
    if (digesting === undefined) {
      if ((this.#domain.features?.size ?? 0) > 0 && HelloWatch.canWatch(this.#input)) {
        this.#hello = new HelloWatch(this.#input);
      }
      const flags = this.#hello === undefined ? 0 : XlOptionalFlag.EXTENSION;
      this.#writeHeader(this.#output, configuration, flags);
    }
    let offered: ExtensionFeatures = new Set();
    const report = this.#domain.saveTo(digesting ?? this.#output, {
      live: true,
      debug,
      policy: policy ?? simplePolicy(precopyIterations, precopyThreshold),
      suspendTimeout: suspend,
      stopAndCopyTimeout: stopAndCopy,
      ...(bandwidth && { bandwidth }),
      ...(suspendCost !== undefined && { suspendCost }),
      lineRate,
      // A target says that it is ready only after reading everything, and no copy runs before that.
      byReference: true,
      dirtyBitmaps,
      features: this.#hello && (() => (offered = this.#hello!.look())),
      compress,
      writeDigest: digesting && (() => digesting.writeDigest()),
      onEvent: (event) => {
        if (event.kind === 'precopy-ended') this.#advance('precopy-finished');
        else if (event.kind === 'suspended') this.#advance('suspend-acknowledged');
        onEvent?.(event);
      },
    });
    if (typeof compress === 'number' && !offered.has('zstd')) {
      const text = 'nothing was compressed: the target had not offered it while pages were sent';
      onEvent?.({ kind: 'note', text });
    }
    // The deadline of the stop-and-copy: the permission, which is written next, must not fail for it.
    this.#output.deadline = undefined;
    return report;
  }

  /**
   * Gives permission to go. The point of no return: once an octet of permission is out, this end may not run
   * the domain.
   */
  #givePermission(): void {
    this.#output.interrupt = undefined;
    this.#input.interrupt = this.#options.abandon;
    const before = this.#output.octets;
    try {
      this.#output.write(PERMISSION_TO_GO);
    } catch (error) {
      // Not an octet has left this process: the permission was not tried.
      if (this.#output.octets === before) this.#state = 'renaming-away';
      throw error;
    }
    this.#advance('permission-written');
  }

  #takeBack(status: number): never {
    const { permissionBack } = this.#timeouts;
    this.#advance('failure-read');
    awaitMessage(this.#input, PERMISSION_TO_GO, 'permission to have the domain back', permissionBack);
    this.#advance('permission-back-read');
    this.#domain.resume();
    this.#advance('resumed');
    throw new TargetFailedError(status);
  }

  #advance(event: SourceEvent): void {
    const next = sourceTable[this.#state].next[event];
    if (next === undefined) throw new Error(`${event} cannot happen in ${this.#state}`);
    this.#state = next;
    this.#options.onEvent?.({ kind: 'source-state', state: next });
  }

  /** Does what the table demands at this end after a failure in the present state. */
  #settle(cause: unknown): MigrationError {
    // The guest may have suspended unnoticed. But if the suspend was refused, another toolstack has suspended
    // the domain, and may have sent it away.
    const found = this.#look();
    const refused = cause instanceof HostError && ['wrong-state', 'held', 'stale'].includes(cause.code);
    if (
      this.#state === 'suspending' &&
      !refused &&
      found !== undefined &&
      found !== 'gone' &&
      found.suspended
    ) {
      this.#state = 'stop-and-copy';
    }
    const state = this.#state;
    const outcome = sourceTable[state].onFailure;
    if (outcome !== 'resumed' || state === 'taken-back') return this.#failure(outcome, cause);
    try {
      this.#resumeIfSuspended();
      return this.#failure(outcome, cause);
    } catch (recoveryError) {
      return this.#failure('resume-failed', cause, recoveryError);
    }
  }

  #failure(outcome: SourceOutcome, cause: unknown, recoveryError?: unknown): MigrationError {
    // The state is read after this end has released the domain.
    this.#domain.release();
    return new MigrationError(this.#state, outcome, cause, { found: this.#look(), recoveryError });
  }

  #destroy(): void {
    try {
      this.#domain.destroy();
    } catch (error) {
      // A domain that ended by itself is gone, as it should be.
      if (this.#look() !== 'gone') throw error;
    }
  }

  #look(): FoundDomain | 'gone' | undefined {
    return look(this.#host, this.#domid);
  }

  #resumeIfSuspended(): void {
    const { suspended, crashed } = this.#host.describe(this.#domid).state;
    // A domain that does not answer counts as crashed: whether it runs is unknown.
    if (crashed) throw new HostError('wrong-state', `domain ${this.#domid} has crashed or does not answer`);
    if (suspended) this.#domain.resume();
  }
}

/** Reads the state of the domain at this end; undefined if it cannot be read. */
function look(host: Host, domid: number): FoundDomain | 'gone' | undefined {
  try {
    const { state, standing } = host.describe(domid);
    return { ...state, standing };
  } catch (error) {
    const gone = error instanceof HostError && ['no-such-domain', 'domain-died'].includes(error.code);
    return gone ? 'gone' : undefined;
  }
}
