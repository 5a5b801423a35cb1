/**
 * A domain that mig has taken on a Xen host. Stock commands suspend, resume or move the domain without
 * asking mig: so it is paused from its suspend on, because only mig takes that pause back, and looked at
 * before each action.
 */
import type { OctetSink } from '@mig/channel';
import {
  type DomainInfo,
  HostError,
  type ImageReport,
  type OutgoingDomain,
  type Purpose,
  type SaveOptions,
} from '@mig/hypervisor';
import type { Ownership } from '@mig/protocol/handshake';
import { type DomainLedger, type Held, newHold } from './domain-ledger.js';
import type { DomainRecord, Hold } from '../record/domain-record.js';
import { lookAgain, lookAtConfiguration, lookAtName, type Stopped } from './last-look.js';
import { refusal } from './refusal.js';
import { release } from './release.js';
import { helpersAtWork } from '../xen/saver-processes.js';
import type { SavedDomain } from '../helper/stock-save.js';
import type { XenDomains } from './xen-domains.js';

/** The host's part for a domain that is taken. */
export interface OutgoingParts {
  readonly ledger: DomainLedger;
  readonly domains: XenDomains;
  /**
   * Has libxl write the stream.
   * @param domain is told of the guest's suspend
   */
  readonly save: (output: OctetSink, options: SaveOptions, domain: SavedDomain) => ImageReport;
}

export class XenOutgoingDomain implements OutgoingDomain {
  #epoch: number;
  /** The domain's state when it stopped for us. */
  #stopped: Stopped | undefined;
  /** The name it got when it was sent away. */
  #awayName: string | undefined;

  constructor(
    private readonly parts: OutgoingParts,
    private readonly hold: Hold,
    readonly info: DomainInfo,
    readonly configuration: string,
  ) {
    this.#epoch = info.epoch;
  }

  /** @throws HostError as Host.take does */
  static take(
    parts: OutgoingParts,
    domid: number,
    { kind, to = '', epoch }: Purpose,
    look: () => { readonly info: DomainInfo; readonly configuration: string },
  ): XenOutgoingDomain {
    const { ledger } = parts;
    const hold = newHold(kind, to);
    ledger.locked(() => {
      const { observed, next } = ledger.permit(domid, kind === 'save' ? 'save' : 'migrate', epoch);
      if (next === 'gone') throw refusal('stale', domid, observed.name, undefined);
      refuseUnlessRunning(domid, observed);
      const { uuid, name: ownName } = observed;
      ledger.write(domid, { ...next, uuid, ownName, hold });
    });
    try {
      // Looked at only now, when no other mig can change it.
      const { info, configuration } = look();
      return new XenOutgoingDomain(parts, hold, info, configuration);
    } catch (error) {
      release(ledger, domid, hold);
      throw error;
    }
  }

  saveTo(output: OctetSink, options: SaveOptions): ImageReport {
    const { ledger } = this.parts;
    const { domid } = this.info;
    ledger.locked(() => {
      const held = ledger.held(domid, this.hold);
      ledger.judge(domid, held, 'set-log-dirty', this.#epoch);
      // A suspended domain may run elsewhere, and libxl would take it as it is.
      refuseUnlessRunning(domid, held.observed);
      refuseWhereSaved(domid, held.observed.name);
    });
    const { hvm = true, pages = 0 } = ledger.control.describe(domid) ?? {};
    return this.parts.save(output, options, {
      hvm,
      pages,
      hasSuspended: () => ledger.control.describe(domid)?.suspended === true,
      suspended: () => this.#suspended(),
    });
  }

  /** Notes that the guest has suspended for the save. From here on the domain is paused as well. */
  #suspended(): void {
    const { ledger } = this.parts;
    const { domid } = this.info;
    ledger.locked(() => {
      const held = ledger.held(domid, this.hold);
      const next = moved(ledger.judge(domid, held, 'suspend', this.#epoch));
      const record = { ...held.record, ...next, pause: true };
      // Noted before the pause: a pause that is not noted would stay.
      ledger.write(domid, record);
      ledger.control.pause(domid);
      this.#epoch = next.epoch;
      // Only in a paused domain no vcpu is on its way to a stop.
      const now = ledger.observe(domid);
      const { uuid, cpuNanoseconds } = now;
      ledger.write(domid, { ...record, cpuNanoseconds });
      this.#stopped = { uuid, cpuNanoseconds };
      lookAgain(domid, now, this.#stopped);
    });
  }

  sendAway(name: string, sentTo?: string): void {
    const { ledger, domains } = this.parts;
    const { domid } = this.info;
    const stopped = this.#stopped;
    if (stopped === undefined) throw refusal('not-holder', domid, this.info.name, undefined);
    lookAgain(domid, ledger.observe(domid), stopped);
    // Not under the lock: libxl needs a lock of its own for it, which a stock command may hold.
    lookAtConfiguration(domid, this.info.name, this.configuration, domains.configuration(domid));
    ledger.locked(() => {
      const held = ledger.held(domid, this.hold);
      const next = moved(ledger.judge(domid, held, 'send-away', this.#epoch));
      const { observed, record, standing } = held;
      if (standing.ending) throw refusal('held', domid, observed.name, standing);
      lookAgain(domid, observed, stopped);
      lookAtName(domid, observed, record.ownName);
      refuseWhereSaved(domid, observed.name);
      domains.checkName(domid, name);
      // Recorded before the renaming, so that the domain never has that name without the record.
      ledger.write(domid, { ...record, ...next, sentTo: sentTo ?? this.hold.to });
      try {
        domains.rename(domid, name);
        // Checked once more, after the slow steps.
        lookAgain(domid, ledger.observe(domid), stopped);
      } catch (error) {
        this.#undoSending(held, name);
        throw error;
      }
      this.#epoch = next.epoch;
      this.#awayName = name;
    });
  }

  /**
   * Undoes the sending. Permission has not been given: the domain is suspended as before, under its former
   * name.
   */
  #undoSending({ record }: Held, awayName: string): void {
    const { ledger, domains } = this.parts;
    const { domid } = this.info;
    try {
      ledger.write(domid, record);
      if (ledger.observe(domid).name === awayName) domains.rename(domid, record.ownName);
    } catch {
      // The first error is the one to report.
    }
  }

  resume({ paused = false }: { readonly paused?: boolean } = {}): void {
    const { ledger, domains } = this.parts;
    const { domid } = this.info;
    ledger.locked(() => {
      const held = this.#withSuspendKnown(ledger.held(domid, this.hold));
      const act = held.record.standing === 'sent' ? 'take-back' : 'resume';
      const next = moved(ledger.judge(domid, held, act, this.#epoch));
      const { observed, record, standing } = held;
      // Another mig was permitted to destroy it: nobody can say that it runs.
      if (standing.ending) throw refusal('held', domid, observed.name, standing);
      // If a stock command has resumed it, only our pause stops it.
      if (observed.suspended) refuseWhereSaved(domid, observed.name);
      // Our own pause becomes the operator's.
      if (paused && !observed.paused) ledger.control.pause(domid);
      if (observed.suspended) domains.do('resume', domid);
      if (!paused) ledger.unpause(domid, record.pause === true);
      ledger.write(domid, { ...running(record), ...next, hold: this.hold });
      this.#epoch = next.epoch;
      this.#stopped = undefined;
      if (observed.name === this.#awayName) domains.rename(domid, record.ownName);
    });
  }

  /** Brings the record up to date: the guest may have suspended without our having been told. */
  #withSuspendKnown(held: Held): Held {
    const { record, observed } = held;
    if (record.standing !== 'taken' || !observed.suspended) return held;
    const next = moved(this.parts.ledger.judge(this.info.domid, held, 'suspend', this.#epoch));
    this.#epoch = next.epoch;
    return { ...held, record: { ...record, ...next } };
  }

  destroy(): void {
    const { ledger, domains } = this.parts;
    const { domid } = this.info;
    ledger.locked(() => {
      ledger.judge(domid, ledger.held(domid, this.hold), 'destroy', this.#epoch);
    });
    // Not under the lock: removing devices takes time, and no other mig touches a held domain.
    domains.do('destroy', domid);
  }

  release(): void {
    release(this.parts.ledger, this.info.domid, this.hold);
  }
}

/** The record of a running domain. */
function running(record: DomainRecord): DomainRecord {
  return { ...record, pause: undefined, cpuNanoseconds: undefined, sentTo: undefined };
}

function moved(next: Ownership | 'gone'): Ownership {
  if (next === 'gone') throw new Error('the domain is gone');
  return next;
}

function refuseUnlessRunning(domid: number, { name, suspended, crashed, paused }: Held['observed']): void {
  const refuse = (state: string) => {
    throw new HostError('wrong-state', `${name} ${state}`, { domid });
  };
  if (suspended) refuse('is suspended already');
  if (crashed) refuse('has crashed');
  if (paused)
    refuse(
      `is paused, and a paused guest does not answer when it is asked to suspend: 'xl unpause ${name}' it first`,
    );
}

/** Refuses if another save of the domain is under way: ours has ended, or has not begun. */
function refuseWhereSaved(domid: number, name: string): void {
  const other = helpersAtWork().find((helper) => helper.domid === domid && helper.mode === 'save');
  if (other === undefined) return;
  throw new HostError(
    'held',
    `${name} is being saved or migrated by another toolstack, whose save helper is process ${other.pid}`,
    { domid },
  );
}
