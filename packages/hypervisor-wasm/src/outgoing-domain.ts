import type { OctetSink } from '@mig/channel';
import {
  type DomainInfo,
  HostError,
  type ImageReport,
  type OutgoingDomain,
  type PrecopyPolicy,
  type PrecopyStats,
  type Purpose,
  type SaveOptions,
} from '@mig/hypervisor';
import { pause } from '@mig/posix';
import type { ControlRequest } from './control/control-messages.js';
import { type ExtensionFeatures, isHeld } from '@mig/protocol/handshake';
import { endProcess } from './end-process.js';
import { type ControlConnection, letGo } from './control-connection.js';
import type { ProcessIdentity } from './process-identity.js';
import { saveDomain } from './save-domain.js';
import { features } from './features.js';

/** A domain held by this process, and what is known of it. */
export interface TakenDomain {
  readonly info: DomainInfo;
  readonly configuration: string;
  readonly owner: ProcessIdentity;
  /** The reason why its writes cannot be logged; undefined if they can. */
  readonly whyNoLogDirty: string | undefined;
}

/** The host's part for a domain that is taken. */
export interface OutgoingParts {
  look(): TakenDomain;
  /** Removes the rest of the domain once its process has ended. */
  remove(): void;
}

/** Time for a domain's process to resume the domain by itself, in milliseconds, and between two looks. */
const RESUMED_WITHIN = 2000;
const POLL = 10;

/**
 * A domain that this connection holds: its process obeys the connection, and names the suspend in question.
 */
export class EmbeddedOutgoingDomain implements OutgoingDomain {
  /** The epoch that its process named last. */
  #epoch = 0;
  #released = false;

  private constructor(
    private readonly connection: ControlConnection,
    private readonly domain: TakenDomain,
    private readonly parts: OutgoingParts,
  ) {}

  static take(
    connection: ControlConnection,
    { kind, to = '', epoch = 0 }: Purpose,
    parts: OutgoingParts,
  ): EmbeddedOutgoingDomain {
    try {
      connection.do({ kind: 'take', purpose: kind, pid: process.pid, to, epoch });
      // Looked at only now, when nobody else can change it.
      return new EmbeddedOutgoingDomain(connection, parts.look(), parts);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get info(): DomainInfo {
    return this.domain.info;
  }

  get features(): ExtensionFeatures {
    return features();
  }

  get configuration(): string {
    return this.domain.configuration;
  }

  saveTo(output: OctetSink, options: SaveOptions): ImageReport {
    const { domid } = this.info;
    const { whyNoLogDirty, owner } = this.domain;
    const reason = options.live ? whyNoLogDirty : undefined;
    if (reason !== undefined && !suspendsAtOnce(options.policy)) {
      throw new HostError('not-live-migratable', `domain ${domid} cannot be migrated live: ${reason}`, {
        domid,
      });
    }
    const settled = reason === undefined ? options : { ...options, live: false };
    return saveDomain({ domid, owner, connection: this.connection }, output, settled, (epoch) => {
      this.#epoch = epoch;
    });
  }

  sendAway(name: string, sentTo = ''): void {
    this.#do({ kind: 'sendAway', epoch: this.#epoch, name, sentTo });
  }

  resume({ paused = false } = {}): void {
    if (this.connection.isSpent && this.#epoch === 0) return this.#awaitOwnResume();
    this.#do({ kind: 'takeBack', epoch: this.#epoch, paused });
  }

  destroy(): void {
    endProcess(this.domain.owner, () => {
      this.#do({ kind: 'destroy', epoch: this.#epoch });
    });
    this.parts.remove();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    letGo(this.connection);
  }

  /**
   * Waits for the process to resume a domain whose suspend nobody waited for, once the connection is gone.
   */
  #awaitOwnResume(): void {
    this.release();
    const deadline = performance.now() + RESUMED_WITHIN;
    for (;;) {
      const { domid, standing, state } = this.parts.look().info;
      if (standing === 'unknown' || !isHeld(standing)) {
        if (!state.suspended) return;
        throw new HostError('wrong-state', `domain ${domid} is suspended`, { domid });
      }
      if (performance.now() > deadline) {
        throw new HostError('unavailable', `the process of domain ${domid} does not resume it`, { domid });
      }
      pause(POLL);
    }
  }

  #do(request: ControlRequest): void {
    this.#epoch = this.connection.do(request);
  }
}

/** Tells whether the policy makes no live pass: then no log is needed. */
function suspendsAtOnce(policy: PrecopyPolicy): boolean {
  const before: PrecopyStats = {
    iteration: 0,
    totalWritten: 0,
    dirtyCount: undefined,
    point: 'dirty-count-known',
    elapsedMilliseconds: 0,
    sendRate: undefined,
    dirtyRate: undefined,
    dirtyCounts: [],
    suspendCost: 0,
    lineRate: undefined,
    estimatedDowntime: undefined,
    leastDowntime: undefined,
  };
  return policy(before).decision === 'stop-and-copy';
}
