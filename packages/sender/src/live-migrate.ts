/**
 * The source's half of a migration: the handshake around the stream, run from the table *Who may run the domain*
 * in @mig/protocol/handshake, which says for each state what becomes of the domain when it goes wrong there.
 */
import {
  type Bandwidth,
  type DomainState,
  type Host,
  HostError,
  type ImageReport,
  type PrecopyPolicy,
  type SaveObserver,
} from '@mig/hypervisor';
import { type Input, type Interrupt, InterruptedError, type Output } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import {
  awayName,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  type SourceEvent,
  type SourceState,
  sourceTable,
  STATUS_SUCCESS,
} from '@mig/protocol/handshake';
import { awaitBanner, awaitMessage, awaitStatus } from './await-message.js';
import { MigrationError, TargetFailedError } from './errors.js';
import { simplePolicy } from './policies/index.js';
import { SOURCE_TIMEOUTS_DEFAULT, type SourceTimeouts } from './timeouts.js';

/** Both directions to the target; `input` and `output` may share an Interrupt, which aborts while that is safe. */
export interface Channel {
  readonly input: Input;
  readonly output: Output;
}

export interface MigrationObserver extends SaveObserver {
  stateEntered?(state: SourceState): void;
}

export interface LiveMigrateOptions {
  readonly precopyIterations?: number;
  /** Pages. */
  readonly precopyDirtyThreshold?: number;
  /** In place of the simple policy with the two above. */
  readonly policy?: PrecopyPolicy;
  /** See SaveOptions. */
  readonly bandwidth?: () => Bandwidth | undefined;
  /** What a suspend costs whatever is dirty, milliseconds: see MigrationReport. */
  readonly suspendCost?: number;
  /** All of memory again after the domain is suspended, for the target to compare. */
  readonly debug?: boolean;
  /** Where the target is, for the host to remember while its domain is away. */
  readonly sentTo?: string | undefined;
  /** libxl JSON to send in place of the domain's own. */
  readonly configuration?: string;
  readonly observer?: MigrationObserver;
  readonly timeouts?: Partial<SourceTimeouts>;
  /**
   * Ends the waits that follow permission to go, which the channel's own interrupt may not: the outcome is then
   * unknown.
   */
  readonly abandon?: Interrupt;
}

export interface MigrationReport extends ImageReport {
  /**
   * Milliseconds for which no end ran the domain, as the source sees it: from just before the guest is asked to
   * suspend until the target's report of success has been read. Included: the guest's own suspend, the last
   * pages, the context, the target's work to complete and start the domain, the round trips. Not included:
   * what the guest needs to find its feet.
   */
  readonly downtimeMilliseconds: number;
  /** Milliseconds of the downtime in which no page was sent: what the next suspend will cost at least. */
  readonly suspendCostMilliseconds: number;
  /** Milliseconds from the banner to the report. */
  readonly totalMilliseconds: number;
  /** Octets sent to the target in all. */
  readonly octetsSent: number;
}

/**
 * Moves a domain to the host at the other end of the channel (libxl_domain_live_migrate and what `xl` does
 * around it). Blocks until it is over. On return the domain is destroyed here and runs there.
 * @throws MigrationError with what became of the domain at this end
 */
export function liveMigrate(
  host: Host,
  domid: number,
  channel: Channel,
  options: LiveMigrateOptions = {},
): MigrationReport {
  return new Source(host, domid, channel, options).run();
}

class Source {
  readonly #host: Host;
  readonly #domid: number;
  readonly #input: Input;
  readonly #output: Output;
  readonly #options: LiveMigrateOptions;
  readonly #timeouts: SourceTimeouts;
  readonly #name: string;
  #state: SourceState = 'awaiting-banner';
  #renamed = false;

  constructor(host: Host, domid: number, { input, output }: Channel, options: LiveMigrateOptions) {
    this.#host = host;
    this.#domid = domid;
    this.#input = input;
    this.#output = output;
    this.#options = options;
    this.#timeouts = { ...SOURCE_TIMEOUTS_DEFAULT, ...options.timeouts };
    this.#name = host.describe(domid).name;
  }

  run(): MigrationReport {
    try {
      return this.#migrate();
    } catch (error) {
      throw this.#settle(error);
    }
  }

  #migrate(): MigrationReport {
    const { banner, ready, report } = this.#timeouts;
    this.#options.observer?.stateEntered?.(this.#state);
    const configuration = this.#options.configuration ?? this.#host.configuration(this.#domid);
    awaitBanner(this.#input, banner);
    this.#advance('banner-read');
    const began = performance.now();

    const image = this.#sendStream(configuration);
    this.#advance('stream-written');

    awaitMessage(this.#input, READY, 'ready message', ready);
    this.#advance('ready-read');
    this.#host.rename(this.#domid, awayName(this.#name), { sentTo: this.#options.sentTo });
    this.#renamed = true;
    // Under its own name anybody may have resumed it meanwhile; under this one `xl resume` refuses.
    if (!this.#host.describe(this.#domid).state.suspended) {
      throw new HostError('wrong-state', `${this.#name} was resumed while it was being migrated`, {
        domid: this.#domid,
      });
    }
    // The last look at it: from here on no interrupt takes the domain back.
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
    const sending = image.passes.filter(({ kind }) => kind === 'stop-and-copy' || kind === 'verify');
    return {
      ...image,
      downtimeMilliseconds,
      suspendCostMilliseconds: sending.reduce((left, pass) => left - pass.milliseconds, downtimeMilliseconds),
      totalMilliseconds: ended - began,
      octetsSent: this.#output.octets,
    };
  }

  #sendStream(configuration: string): ImageReport {
    const { observer, policy, precopyIterations, precopyDirtyThreshold, debug = false } = this.#options;
    const { bandwidth, suspendCost } = this.#options;
    const { progress, suspend } = this.#timeouts;
    this.#output.patience = { what: 'the target took no octet of the stream', milliseconds: progress };
    this.#output.write(encodeXlHeader(xlHeader(configuration)));
    return this.#host.saveTo(this.#domid, this.#output, {
      live: true,
      debug,
      policy: policy ?? simplePolicy(precopyIterations, precopyDirtyThreshold),
      suspendTimeout: suspend,
      ...(bandwidth && { bandwidth }),
      ...(suspendCost !== undefined && { suspendCost }),
      observer: {
        ...observer,
        precopyEnded: (reason) => {
          this.#advance('precopy-finished');
          observer?.precopyEnded?.(reason);
        },
        suspended: () => {
          this.#advance('suspend-acknowledged');
          observer?.suspended?.();
        },
      },
    });
  }

  /** The point of no return: once an octet of permission is out, this end may not run the domain. */
  #givePermission(): void {
    this.#output.interrupt = undefined;
    this.#input.interrupt = this.#options.abandon;
    const before = this.#output.octets;
    try {
      this.#output.write(PERMISSION_TO_GO);
    } catch (error) {
      // Not an octet has left this process: it is as if permission had not been tried.
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
    this.#bringBack();
    this.#advance('resumed');
    throw new TargetFailedError(status);
  }

  #advance(event: SourceEvent): void {
    const next = sourceTable[this.#state].next[event];
    if (next === undefined) throw new Error(`${event} cannot happen in ${this.#state}`);
    this.#state = next;
    this.#options.observer?.stateEntered?.(next);
  }

  /** Does at this end what the table asks for where it went wrong. */
  #settle(cause: unknown): MigrationError {
    // The guest may have suspended without the news having reached us. Where the suspend was refused, though, it is
    // suspended for somebody else, who may have sent it away.
    const found = this.#look();
    const refused = cause instanceof HostError && cause.code === 'wrong-state';
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
    if (outcome !== 'resumed' || state === 'taken-back') {
      return new MigrationError(state, outcome, cause, { left: this.#look() });
    }
    try {
      this.#bringBack();
      return new MigrationError(state, outcome, cause, { left: this.#look() });
    } catch (aftermath) {
      return new MigrationError(state, 'resume-failed', cause, { left: this.#look(), aftermath });
    }
  }

  #destroy(): void {
    try {
      this.#host.destroy(this.#domid);
    } catch (error) {
      // One that ended by itself is as gone as it should be.
      if (this.#look() !== 'gone') throw error;
    }
  }

  /** How the domain is at this end; undefined where that cannot be told. */
  #look(): DomainState | 'gone' | undefined {
    try {
      return this.#host.describe(this.#domid).state;
    } catch (error) {
      const gone = error instanceof HostError && ['no-such-domain', 'domain-died'].includes(error.code);
      return gone ? 'gone' : undefined;
    }
  }

  /** Even if its name is not to be had back, the domain runs again. */
  #bringBack(): void {
    try {
      if (this.#renamed) this.#host.rename(this.#domid, this.#name);
    } finally {
      this.#resumeIfSuspended();
    }
  }

  #resumeIfSuspended(): void {
    const { suspended, crashed } = this.#host.describe(this.#domid).state;
    // A domain that does not answer counts as crashed: nobody can say that it runs.
    if (crashed) throw new HostError('wrong-state', `domain ${this.#domid} has crashed or does not answer`);
    if (suspended) this.#host.resume(this.#domid);
  }
}
