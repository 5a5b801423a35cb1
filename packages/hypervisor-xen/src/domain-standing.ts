/**
 * Where a domain stands on a Xen host: what mig has recorded, held against what Xen says. Stock commands do not ask mig,
 * so the record may be behind: what a domain does counts before what was written of it. Pure.
 */
import { isHeld, judgeHolder, nameOfAway, nameOfIncoming, type Ownership } from '@mig/protocol/handshake';
import type { DomainRecord, Hold } from './domain-record.js';
import type { Liveness } from './holder.js';

/** A domain as Xen has it. */
export interface Observed {
  readonly name: string;
  readonly uuid: string;
  readonly paused: boolean;
  /** Shut down with reason suspend. */
  readonly suspended: boolean;
  readonly crashed: boolean;
  readonly cpuNanoseconds: number;
}

/** A libxl save helper, anybody's, that is at work on the domain. */
export interface HelperAtWork {
  readonly pid: number;
  readonly mode: 'save' | 'restore';
}

/** The record of a domain, and whether the processes that it names are there. */
export interface Remembered {
  readonly record: DomainRecord;
  /** Of the one that holds it. */
  readonly holder: Liveness;
  /** Of the one that is destroying it; dead where nobody is. */
  readonly ending: Liveness;
}

export interface DomainStanding extends Ownership {
  /** mig's, where it is held by one. */
  readonly hold: Hold | undefined;
  /** Not mig's, or of a mig that is gone. */
  readonly helper: HelperAtWork | undefined;
  /** While it is sent, or away. */
  readonly sentTo: string | undefined;
  /** mig's own pause is among those that Xen counts. */
  readonly pause: boolean;
  /** It is being destroyed. */
  readonly ending: boolean;
}

/** @param remembered undefined where mig has never touched it */
export function standingOf(
  observed: Observed,
  remembered: Remembered | undefined,
  helper: HelperAtWork | undefined,
): DomainStanding {
  const record = remembered?.record;
  const ownership = remembered === undefined ? foundFree(observed) : recordedNow(remembered, observed);
  const held = isHeld(ownership.standing);
  const { standing, epoch } = held || helper === undefined ? ownership : helped(ownership, helper);
  const gone = standing === 'sent' || standing === 'away';
  return {
    standing,
    epoch,
    hold: held ? record?.hold : undefined,
    helper: held ? undefined : helper,
    sentTo: gone ? record?.sentTo : undefined,
    pause: record?.pause === true && observed.paused,
    ending: remembered !== undefined && remembered.ending !== 'dead',
  };
}

/** One whose last known state is that it runs; the epoch is that of then. */
function foundFree(observed: Observed, epoch = 0): Ownership {
  // What stock xl receives has this name, is paused, and has not run.
  const isNew = observed.paused && observed.cpuNanoseconds === 0;
  if (isNew && nameOfIncoming(observed.name) !== undefined) return { standing: 'incoming', epoch };
  if (!observed.suspended) return { standing: 'free', epoch };
  // Somebody else has suspended it. Its processor time tells this suspend from the next.
  const suspended = epoch + 1 + Math.floor(observed.cpuNanoseconds / 1e6);
  // So stock xl, too, says that the target may run it.
  const standing = nameOfAway(observed.name) === undefined ? 'abandoned' : 'away';
  return { standing, epoch: suspended };
}

function recordedNow({ record, holder }: Remembered, observed: Observed): Ownership {
  const { standing, epoch } = isHeld(record.standing) && holder === 'dead' ? released(record) : record;
  const { suspended, paused, crashed, cpuNanoseconds } = observed;
  const runs = !suspended && !paused && !crashed;
  switch (standing) {
    case 'free':
      return foundFree(observed, epoch);
    case 'taken':
      // Its holder does not know yet, or it was somebody else.
      return suspended ? { standing: 'suspended', epoch: epoch + 1 } : { standing, epoch };
    case 'suspended':
      return suspended ? { standing, epoch } : { standing: 'taken', epoch: epoch + 1 };
    case 'abandoned': {
      // Stock xl has taken it as it was, and sent it away.
      const sent = suspended && observed.name !== record.ownName && nameOfAway(observed.name) !== undefined;
      if (sent) return { standing: 'away', epoch: epoch + 1 };
      const hasRun = record.cpuNanoseconds !== undefined && record.cpuNanoseconds !== cpuNanoseconds;
      if (hasRun) return foundFree(observed, epoch + 1);
      // Resumed by a stock command under a pause that is mig's: only mig's resume takes that back.
      const isStopped = suspended || (paused && record.pause === true);
      return isStopped ? { standing, epoch } : { standing: 'free', epoch: epoch + 1 };
    }
    case 'away':
      return runs ? { standing: 'free', epoch: epoch + 1 } : { standing, epoch };
    case 'incoming':
      return runs && holder === 'dead' ? { standing: 'free', epoch: epoch + 1 } : { standing, epoch };
    case 'sent':
      return { standing, epoch };
  }
}

function released(record: DomainRecord): Ownership {
  const verdict = judgeHolder(record, 'release', undefined);
  // An incoming copy should be gone with its receiver. It cannot see to that here: it is there, and nobody holds it.
  return verdict.allowed && verdict.next !== 'gone' ? verdict.next : record;
}

/** Somebody's helper is at work on a domain that no mig holds. */
function helped({ standing, epoch }: Ownership, { mode }: HelperAtWork): Ownership {
  if (mode === 'restore') return { standing: 'incoming', epoch };
  if (standing === 'free') return { standing: 'taken', epoch };
  return { standing: standing === 'abandoned' ? 'suspended' : standing, epoch };
}
