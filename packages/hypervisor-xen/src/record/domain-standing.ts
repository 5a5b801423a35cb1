/**
 * The standing of a domain on a Xen host: mig's record, compared with what Xen says. Stock commands do not
 * ask mig, so the record may be outdated: the domain's state takes precedence. Pure.
 */
import { isHeld, judgeHolder, nameOfAway, nameOfIncoming, type Ownership } from '@mig/protocol/handshake';
import type { DomainRecord, Hold } from './domain-record.js';
import type { Liveness } from './holder.js';

/** A domain's state according to Xen. */
export interface Observed {
  readonly name: string;
  readonly uuid: string;
  readonly paused: boolean;
  /** Whether it is shut down with the reason suspend. */
  readonly suspended: boolean;
  readonly crashed: boolean;
  readonly cpuNanoseconds: number;
}

/** A libxl save helper of any toolstack that works on the domain. */
export interface HelperAtWork {
  readonly pid: number;
  readonly mode: 'save' | 'restore';
}

/** The record of a domain, and whether its processes are alive. */
export interface Remembered {
  readonly record: DomainRecord;
  /** Liveness of the process that holds it. */
  readonly holder: Liveness;
  /** Liveness of the process that is destroying it; dead if there is none. */
  readonly ending: Liveness;
}

export interface DomainStanding extends Ownership {
  /** mig's hold, if there is one. */
  readonly hold: Hold | undefined;
  /** A helper that is not mig's, or whose mig is gone. */
  readonly helper: HelperAtWork | undefined;
  /** The destination while it is being sent, or is away. */
  readonly sentTo: string | undefined;
  /** Whether mig's own pause is among those that Xen counts. */
  readonly pause: boolean;
  /** Whether it is being destroyed. */
  readonly ending: boolean;
}

/** @param remembered undefined if mig has never touched it */
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

/** The standing of a free domain, last known to be running; the epoch is that of then. */
function foundFree(observed: Observed, epoch = 0): Ownership {
  // A domain that stock xl receives has this name, is paused, and has not run.
  const isNew = observed.paused && observed.cpuNanoseconds === 0;
  if (isNew && nameOfIncoming(observed.name) !== undefined) return { standing: 'incoming', epoch };
  if (!observed.suspended) return { standing: 'free', epoch };
  // Somebody else has suspended it. Its processor time distinguishes this suspend from the next.
  const suspended = epoch + 1 + Math.floor(observed.cpuNanoseconds / 1e6);
  // The name tells that stock xl, too, says that the target may run it.
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
      // Its holder does not know yet, or somebody else suspended it.
      return suspended ? { standing: 'suspended', epoch: epoch + 1 } : { standing, epoch };
    case 'suspended':
      return suspended ? { standing, epoch } : { standing: 'taken', epoch: epoch + 1 };
    case 'abandoned': {
      // Stock xl took it and sent it away.
      const sent = suspended && observed.name !== record.ownName && nameOfAway(observed.name) !== undefined;
      if (sent) return { standing: 'away', epoch: epoch + 1 };
      const hasRun = record.cpuNanoseconds !== undefined && record.cpuNanoseconds !== cpuNanoseconds;
      if (hasRun) return foundFree(observed, epoch + 1);
      // Resumed by a stock command while mig's pause is on: only mig's resume takes that back.
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
  // An incoming copy should be gone with its receiver, but cannot be destroyed here: it counts as present,
  // and held by nobody.
  return verdict.allowed && verdict.next !== 'gone' ? verdict.next : record;
}

/** The standing while a foreign helper works on a domain that no mig holds. */
function helped({ standing, epoch }: Ownership, { mode }: HelperAtWork): Ownership {
  if (mode === 'restore') return { standing: 'incoming', epoch };
  if (standing === 'free') return { standing: 'taken', epoch };
  return { standing: standing === 'abandoned' ? 'suspended' : standing, epoch };
}
