/** The budget for the line: the rates of all migrations that share it. */

/** A migration as the line sees it. */
export interface LineUser {
  readonly id: string;
  /** Whether its domain stands still, or is about to: then it should have the line. */
  readonly isStill: boolean;
}

/** Share of the link for all others together, while a domain stands still. */
export const TRICKLE_SHARE = 0.05;
/** Rate of each other in bytes per second, if nothing is known of the link. */
export const TRICKLE_RATE = 1_000_000;
/** Least rate in bytes per second that a migration takes. */
export const LEAST_RATE = 1000;

/**
 * Shares the line. While a domain stands still, the others go down to a trickle; a domain that stands still has no
 * limit, because its pages go as fast as the line carries them.
 * @param link bytes per second; undefined if there is no limit
 * @returns bytes per second by id; undefined for no limit
 */
export function shareLine(users: readonly LineUser[], link?: number): Map<string, number | undefined> {
  const running = users.filter(({ isStill }) => !isStill).length;
  const someStill = running < users.length;
  const share = someStill
    ? link === undefined
      ? TRICKLE_RATE
      : (link * TRICKLE_SHARE) / running
    : link && link / running;
  const rate = share && Math.max(Math.floor(share), LEAST_RATE);
  return new Map(users.map(({ id, isStill }) => [id, isStill ? undefined : rate]));
}

/**
 * Sorts changes of rates so that their sum never exceeds that of the new ones: those that go down come first.
 * @returns those that change
 */
export function rateChanges(
  before: ReadonlyMap<string, number | undefined>,
  after: ReadonlyMap<string, number | undefined>,
): [id: string, rate: number | undefined][] {
  const rise = (id: string, rate: number | undefined) => (rate ?? Infinity) - (before.get(id) ?? Infinity);
  return [...after]
    .filter(([id, rate]) => before.has(id) && before.get(id) !== rate)
    .sort(([a, rateA], [b, rateB]) => Math.sign(rise(a, rateA)) - Math.sign(rise(b, rateB)));
}
