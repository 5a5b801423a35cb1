/**
 * The domains of this host as mig may act on them: each is looked at, judged by the tables of
 * @mig/protocol/handshake, and acted on under one lock among all mig processes.
 */
import { randomUUID } from 'node:crypto';
import { HostError } from '@mig/hypervisor';
import {
  type DomainCommand,
  type HolderAct,
  judgeCommand,
  judgeHolder,
  type Ownership,
} from '@mig/protocol/handshake';
import type { XenControl } from '../libxc/control.js';
import {
  decodeRecord,
  type DomainRecord,
  encodeRecord,
  type Hold,
  recordKey,
} from '../record/domain-record.js';
import { type DomainStanding, type Observed, standingOf } from '../record/domain-standing.js';
import { livenessOf, thisProcess } from '../record/holder.js';
import type { HostLock } from './host-lock.js';
import { refusal } from './refusal.js';
import { helpersAtWork, type SaveHelper } from '../xen/saver-processes.js';
import type { Xenstore } from '../xen/xenstore.js';

export type LedgerControl = Pick<XenControl, 'describe' | 'pause' | 'unpause'>;
export type LedgerStore = Pick<Xenstore, 'read' | 'write'>;

/** A domain as found under the lock. */
export interface Found {
  readonly observed: Observed;
  readonly record: DomainRecord | undefined;
  readonly standing: DomainStanding;
}

/** A permitted command, and the domain's ownership after it. */
export interface Permitted extends Found {
  readonly next: Ownership | 'gone';
}

/** A domain that the caller holds. */
export interface Held extends Found {
  readonly record: DomainRecord;
}

export class DomainLedger {
  constructor(
    readonly control: LedgerControl,
    private readonly store: LedgerStore,
    private readonly lock: HostLock,
  ) {}

  /** Runs the action under the lock: no other mig process judges or acts at that time. Not reentrant. */
  locked<T>(action: () => T): T {
    return this.lock.locked(action);
  }

  /** @throws HostError no-such-domain */
  look(domid: number): Found {
    return this.#find(domid, helpersAtWork());
  }

  #find(domid: number, helpers: readonly SaveHelper[]): Found {
    const observed = this.observe(domid);
    return { observed, ...remembered(domid, observed, this.store.read(recordKey(domid)), helpers) };
  }

  /** @throws HostError no-such-domain */
  observe(domid: number): Observed {
    const facts = this.control.describe(domid);
    if (facts === undefined) throw new HostError('no-such-domain', `there is no domain ${domid}`, { domid });
    return { ...facts, name: this.store.read(`/local/domain/${domid}/name`) ?? '' };
  }

  /**
   * Permits a command of somebody who does not hold the domain. Call under the lock.
   * @param seen the epoch that the decision was based on
   * @throws HostError
   */
  permit(domid: number, command: DomainCommand, seen?: number): Permitted {
    const found = this.look(domid);
    const { observed, standing } = found;
    if (standing.ending && command !== 'destroy') throw refusal('held', domid, observed.name, standing);
    const verdict = judgeCommand(standing, command, seen);
    if (!verdict.allowed) throw refusal(verdict.why, domid, observed.name, standing);
    return { ...found, next: verdict.next };
  }

  /**
   * Finds the domain as its holder left it. Call under the lock.
   * @throws HostError no-such-domain; `stale` where that hold does not have it, or not any more
   */
  held(domid: number, hold: Hold): Held {
    // The guest may be waiting: for a held domain the host's processes are not searched.
    const { observed, record, standing } = this.#find(domid, []);
    if (record?.hold?.id !== hold.id) throw refusal('stale', domid, observed.name, standing);
    return { observed, record, standing };
  }

  /** @throws HostError where the tables refuse it to the holder */
  judge(
    domid: number,
    { observed, record, standing }: Held,
    act: HolderAct,
    seen: number,
  ): Ownership | 'gone' {
    const verdict = judgeHolder(record, act, seen);
    if (!verdict.allowed) throw refusal(verdict.why, domid, observed.name, standing);
    return verdict.next;
  }

  write(domid: number, record: DomainRecord): void {
    this.store.write(recordKey(domid), encodeRecord(record));
  }

  /**
   * Takes back a pause of mig, if it is still there.
   * @param noted whether the record says that it was made
   */
  unpause(domid: number, noted: boolean): void {
    if (noted && this.control.describe(domid)?.paused === true) this.control.unpause(domid);
  }
}

/** Makes a hold of this process, different from any other. */
export function newHold(purpose: Hold['purpose'], to = ''): Hold {
  return { id: randomUUID(), purpose, to, process: thisProcess() };
}

/** @param text the domain's record in xenstore */
export function remembered(
  domid: number,
  observed: Observed,
  text: string | undefined,
  helpers: readonly SaveHelper[],
): Pick<Found, 'record' | 'standing'> {
  const record = recordOf(observed, text);
  const helper = helpers.find((each) => each.domid === domid);
  const standing = standingOf(
    observed,
    record && {
      record,
      // The writer of an unreadable record may be alive.
      holder: record.hold === undefined ? 'unknown' : livenessOf(record.hold.process),
      ending: record.ending === undefined ? 'dead' : livenessOf(record.ending),
    },
    helper,
  );
  return { record, standing };
}

/** Decodes the record, unless it belongs to another domain that had the domid before. */
function recordOf({ uuid, name }: Observed, text: string | undefined): DomainRecord | undefined {
  if (text === undefined) return undefined;
  const record = decodeRecord(text);
  // In this standing nothing but looking is permitted.
  if (record === 'unreadable') return { standing: 'sent', epoch: 0, uuid, ownName: name };
  return record.uuid === uuid ? record : undefined;
}
