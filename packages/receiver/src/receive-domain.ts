/**
 * The target's half of a migration (`xl migrate-receive`), driven by the table *Who may run the domain* in
 * @mig/protocol/handshake.
 */
import { type Channel, deadlineIn, NO_TIMEOUT, type OctetSink, type OctetSource } from '@mig/channel';
import {
  type Admission,
  type Host,
  HostError,
  type IncomingDomain,
  type ReceiveEvent,
} from '@mig/hypervisor';
import {
  arrivalRefusals,
  BANNER,
  encodeHello,
  encodeRefusal,
  type ExtensionFeature,
  type ExtensionFeatures,
  helloOf,
  incomingName,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  STATUS_SUCCESS,
  type TargetEvent,
  type TargetState,
  targetTable,
} from '@mig/protocol/handshake';
import { DigestingSource } from './digesting-source.js';
import { NoPermissionError, ReceiveError } from './errors.js';
import { readConfiguration } from './read-configuration.js';
import { TARGET_TIMEOUTS_DEFAULT, type TargetTimeouts } from './timeouts.js';

export interface ReceiveOptions {
  /** Whether the domain stays paused instead of being started. */
  readonly paused?: boolean;
  /** Whether known obstacles are ignored: see RestoreOptions. */
  readonly unchecked?: boolean;
  /** The number of domains that may arrive here at once, this one included; no limit by default. */
  readonly arrivalsMax?: number | undefined;
  readonly timeouts?: Partial<TargetTimeouts>;
  readonly onEvent?: ((event: ReceiveEvent) => void) | undefined;
  /** Whether the image's events are reported as well: on Xen they come from another process. */
  readonly imageEvents?: boolean | undefined;
}

export interface ReceivedDomain {
  readonly domid: number;
  readonly name: string;
  /** Whether it was paused at the source, and therefore is here. */
  readonly wasPaused: boolean;
}

/** The status in a report of failure: libxl's ERROR_FAIL, negated. */
const STATUS_FAILED = 3;

/**
 * Receives a domain from the source at the other end of the channel and starts it. Blocks until it is over.
 * @throws ReceiveError with the fate of the copy at this end
 */
export function receiveDomain(host: Host, channel: Channel, options: ReceiveOptions = {}): ReceivedDomain {
  return new Target(host, channel.input, channel.output, options).run();
}

class Target {
  readonly #timeouts: TargetTimeouts;
  #state: TargetState = 'greeting';
  #copy: IncomingDomain | undefined;
  #admission: Admission | undefined;

  constructor(
    private readonly host: Host,
    private readonly input: OctetSource,
    private readonly output: OctetSink,
    private readonly options: ReceiveOptions,
  ) {
    this.#timeouts = { ...TARGET_TIMEOUTS_DEFAULT, ...options.timeouts };
  }

  run(): ReceivedDomain {
    try {
      return this.#receive();
    } catch (error) {
      throw this.#settle(error);
    } finally {
      this.#admission?.release();
    }
  }

  /** Asks the host whether a domain may come; a refusal goes to the source in place of the banner. */
  #admit(): Admission {
    try {
      return this.host.arrivals.admit(this.options.arrivalsMax);
    } catch (error) {
      const code =
        error instanceof HostError ? arrivalRefusals.find((each) => each === error.code) : undefined;
      if (code !== undefined) {
        attempt(() => this.output.write(encodeRefusal({ code, sentence: (error as HostError).message })));
      }
      throw error;
    }
  }

  #receive(): ReceivedDomain {
    const { progress } = this.#timeouts;
    this.output.timeout = { what: 'the source read nothing', milliseconds: progress };
    this.#admission = this.#admit();
    this.options.onEvent?.({ kind: 'target-state', state: this.#state });
    const { copy, name } = this.#restore();
    this.output.write(READY);
    this.#advance('ready-written');

    this.input.timeout = NO_TIMEOUT;
    this.input.deadline = deadlineIn(this.#timeouts.permission, 'no permission to go from the source');
    const received = this.input.read(PERMISSION_TO_GO.length);
    if (!received.every((octet, i) => octet === PERMISSION_TO_GO[i])) throw new NoPermissionError();
    // From here on only this end may run the domain, and nothing may keep it from reporting whether it does.
    this.input.interrupt = this.output.interrupt = undefined;
    this.#advance('permission-read');

    copy.start(name, { paused: this.options.paused === true });
    this.#advance('started');
    this.#report(STATUS_SUCCESS);
    this.#advance('success-written');
    copy.release();
    return { domid: copy.domid, name, wasPaused: copy.wasPaused };
  }

  #restore(): { copy: IncomingDomain; name: string } {
    const { progress } = this.#timeouts;
    const expected = this.host.expectDomain?.();
    try {
      this.output.write(BANNER);
      this.#advance('banner-written');

      this.input.timeout = { what: 'no bytes of the stream from the source', milliseconds: progress };
      // Digests cover the header, too, which says whether there are any.
      const digesting = new DigestingSource(this.input);
      const { configuration, name, offersExtension, announcesDigests } = readConfiguration(digesting);
      const offered = offersExtension ? this.#sayHello() : undefined;
      const digest = announcesDigests && offered?.has('digest') === true ? digesting : undefined;
      // A source that has not announced digests sends none.
      const features = digest === undefined ? without(offered, 'digest') : offered;
      const { unchecked = false, onEvent, imageEvents = false } = this.options;
      onEvent?.({ kind: 'domain-announced', name });
      const copy = (expected ?? this.host).restoreFrom(digest ?? this.input, {
        configuration,
        name: incomingName(name),
        fromHost: true,
        unchecked,
        features,
        digest,
        onEvent: imageEvents ? onEvent : undefined,
      });
      this.#copy = copy;
      onEvent?.({ kind: 'domain-restored', domid: copy.domid });
      return { copy, name };
    } finally {
      expected?.release();
    }
  }

  /** Offers the source what this host can do beyond Xen's format. @returns undefined if that is nothing */
  #sayHello(): ExtensionFeatures | undefined {
    const { features } = this.host;
    if (features === undefined || features.size === 0) return undefined;
    this.output.write(encodeHello(helloOf(features)));
    return features;
  }

  #report(status: number): void {
    const octets = new Uint8Array(REPORT.length + 1);
    octets.set(REPORT);
    octets[REPORT.length] = status;
    this.output.write(octets);
  }

  #advance(event: TargetEvent): void {
    const next = targetTable[this.#state].next[event];
    if (next === undefined) throw new Error(`${event} cannot happen in ${this.#state}`);
    this.#state = next;
    this.options.onEvent?.({ kind: 'target-state', state: next });
  }

  /** Does what the table demands at this end after a failure in the present state. */
  #settle(cause: unknown): ReceiveError {
    const state = this.#state;
    const { onFailure, next } = targetTable[state];
    this.input.interrupt = this.output.interrupt = undefined;
    if (onFailure !== 'destroyed') {
      if (onFailure === 'runs') attempt(() => this.#copy?.release());
      return new ReceiveError(state, onFailure, cause);
    }
    const report = () => {
      if (!('start-failed' in next)) return;
      this.#advance('start-failed');
      this.#report(STATUS_FAILED);
      this.#advance('failure-written');
    };
    const giveBack = () => {
      if (this.#state !== 'destroying-copy') return;
      this.#advance('copy-destroyed');
      this.output.write(PERMISSION_TO_GO);
      this.#advance('permission-back-written');
    };
    attempt(report);
    try {
      if (this.#copy !== undefined) destroyCopy(this.#copy);
    } catch (recoveryError) {
      return new ReceiveError(state, 'destroy-failed', cause, recoveryError);
    }
    // Permission goes back only now, when nothing is left here that could run.
    attempt(giveBack);
    return new ReceiveError(state, 'destroyed', cause);
  }
}

function without(
  features: ExtensionFeatures | undefined,
  feature: ExtensionFeature,
): ExtensionFeatures | undefined {
  return features && new Set([...features].filter((each) => each !== feature));
}

/** Destroys the copy; one that ended by itself is gone, as it should be. */
function destroyCopy(copy: IncomingDomain): void {
  try {
    copy.destroy();
  } catch (error) {
    if (!(error instanceof HostError && error.code === 'no-such-domain')) throw error;
  }
}

/** Runs an action whose failure does not matter: the source may have gone, and cannot be told. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Only the first failure counts.
  }
}
