/** Domains that arrive from other hosts: whether this host takes one now, and how many are on their way. */
import type { ArrivalRefusal } from '@mig/protocol/handshake';
import { HostError } from './errors.js';

/** An administrator's mark on a host that takes no arrivals; all absent if the mark is damaged. */
export interface Cordon {
  /** The reason that was given. */
  readonly reason?: string | undefined;
  /** The user who set it. */
  readonly by?: string | undefined;
  /** UTC, in ISO 8601. */
  readonly since?: string | undefined;
}

export interface ArrivalsNow {
  readonly cordon: Cordon | undefined;
  /** Number of domains that are arriving. A receiver that was killed receives none. */
  readonly underWay: number;
}

/** An arrival that was admitted; it counts until it is released, or its process ends. */
export interface Admission {
  release(): void;
}

/** The arrivals of a host, which decides about each at the moment at which it begins. */
export interface Arrivals {
  /** @throws HostError `unavailable` */
  now(): ArrivalsNow;
  /**
   * Admits a domain from another host, before anything of it is received.
   * @param most the number of domains that may arrive at once; no limit by default
   * @throws HostError `cordoned`, `arrivals-full`; `unavailable` where that cannot be told
   */
  admit(most?: number): Admission;
  /**
   * Refuses all domains that have not been admitted yet, until `uncordon`, also after a reboot. A cordon that
   * is there is replaced.
   * @returns what is so from then on
   */
  cordon(cordon: Cordon): ArrivalsNow;
  /** @returns the cordon that there was */
  uncordon(): Cordon | undefined;
}

/** Words the refusal of a further arrival; undefined if it may come. */
export function arrivalRefusal({ cordon, underWay }: ArrivalsNow, most?: number): HostError | undefined {
  const refusal = (code: ArrivalRefusal, why: string) => new HostError(code, why);
  if (cordon !== undefined) return refusal('cordoned', `no domain may arrive, ${cordonWords(cordon)}`);
  if (most === undefined || underWay < most) return undefined;
  const limit = `at most ${most} ${most === 1 ? 'domain' : 'domains'} may arrive at once`;
  const now = `${underWay} ${underWay === 1 ? 'is' : 'are'} arriving`;
  return refusal('arrivals-full', `${limit}, and ${now}: try again later`);
}

/** Says since when a host is cordoned, by whom, and why. */
export function cordonWords({ reason, by, since }: Cordon): string {
  if (since === undefined && by === undefined && reason === undefined) {
    return "cordoned by a mark that cannot be read: 'xl cordon' renews it, 'xl uncordon' removes it";
  }
  const when = since === undefined ? '' : ` since ${since}`;
  return `cordoned${when}${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : `: ${reason}`}`;
}
