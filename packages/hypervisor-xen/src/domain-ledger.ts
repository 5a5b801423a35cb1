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
import type { XenControl } from './control.js';
import { decodeRecord, type DomainRecord, encodeRecord, type Hold, recordKey } from './domain-record.js';
import { type DomainStanding, type Observed, standingOf } from './domain-standing.js';
import { livenessOf, thisProcess } from './holder.js';
import type { HostLock } from './host-lock.js';
import { refusal } from './refusal.js';
import { helpersAtWork, type SaveHelper } from './saver-processes.js';
import type { Xenstore } from './xenstore.js';

export type LedgerControl = Pick<XenControl, 'describe' | 'pause' | 'unpause'>;
export type LedgerStore = Pick<Xenstore, 'read' | 'write'>;

/** A domain as it was found under the lock. */
export interface Found {
  readonly observed: Observed;
  readonly record: DomainRecord | undefined;
  readonly standing: DomainStanding;
}

/** A command that was permitted, and what becomes of the domain with it. */
export interface Permitted extends Found {
  readonly next: Ownership | 'gone';
}

/** A domain in the hands of the one who asks. */
export interface Held extends Found {
  readonly record: DomainRecord;
}

export class DomainLedger {
  constructor(
    readonly control: LedgerControl,
    private readonly store: LedgerStore,
    private readonly lock: HostLock,
  ) {}

  /** Nobody else of mig judges or acts meanwhile. Not to be nested. */
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
   * Permits a command of somebody who does not hold the domain. Under the lock.
   * @param seen the epoch from which it was decided
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
   * The domain as its holder left it. Under the lock.
   * @throws HostError no-such-domain; `stale` where it is not, or no longer, in the hands of that hold
   */
  held(domid: number, hold: Hold): Held {
    // The guest may be waiting: the processes of the host are not gone through for what is held.
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

  /** Takes back a pause that mig has made, if it is still there. @param noted the record says that it was made */
  unpause(domid: number, noted: boolean): void {
    if (noted && this.control.describe(domid)?.paused === true) this.control.unpause(domid);
  }
}

/** A hold of this process, unlike any other. */
export function newHold(purpose: Hold['purpose'], to = ''): Hold {
  return { id: randomUUID(), purpose, to, process: thisProcess() };
}

/** @param text what is written of the domain in xenstore */
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
      // Whoever wrote what cannot be read may be alive.
      holder: record.hold === undefined ? 'unknown' : livenessOf(record.hold.process),
      ending: record.ending === undefined ? 'dead' : livenessOf(record.ending),
    },
    helper,
  );
  return { record, standing };
}

/** The record, unless it is that of another domain which had the domid before. */
function recordOf({ uuid, name }: Observed, text: string | undefined): DomainRecord | undefined {
  if (text === undefined) return undefined;
  const record = decodeRecord(text);
  // The standing in which nothing is permitted but to look.
  if (record === 'unreadable') return { standing: 'sent', epoch: 0, uuid, ownName: name };
  return record.uuid === uuid ? record : undefined;
}
