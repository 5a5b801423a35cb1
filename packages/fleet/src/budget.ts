/** The budget for the line: the rates of all migrations that share it, and whose turn it is to end. */

/** Stage of a migration on the line. */
export type LineStage =
  /** Live passes go on: the first one, or nobody holds it. */
  | 'running'
  /** Live passes go on until its turn comes. */
  | 'held'
  /** Live passes are to end: it has its turn. */
  | 'ending'
  /** The domain stands still, or is about to: then it should have the line. */
  | 'still';

/** A migration as the line sees it. */
export interface LineUser {
  readonly id: string;
  readonly stage: LineStage;
}

/** Share of the link for all others together, while a migration has its turn. */
export const TRICKLE_SHARE = 0.05;
/** Rate of each other in bytes per second while a domain stands still, if nothing is known of the link. */
export const TRICKLE_RATE = 1_000_000;
/** Least rate in bytes per second that a migration takes. */
export const LEAST_RATE = 1000;

/**
 * Chooses whose turn it is to end: one at a time, so that no two domains stand still at once and share the line.
 * @returns undefined while another one has its turn, and where none is held
 */
export function nextTurn(users: readonly LineUser[]): string | undefined {
  const isTaken = users.some(({ stage }) => stage === 'ending' || stage === 'still');
  return isTaken ? undefined : users.find(({ stage }) => stage === 'held')?.id;
}

/**
 * Shares the line equally, until a migration has its turn: then the others go down to a trickle. A domain that stands
 * still has no limit, because its pages go as fast as the line carries them.
 * @param link bytes per second; undefined if there is no limit
 * @returns bytes per second by id; undefined for no limit
 */
export function shareLine(users: readonly LineUser[], link?: number): Map<string, number | undefined> {
  const at = (stage: LineStage) => users.filter((user) => user.stage === stage).length;
  const [still, ending] = [at('still'), at('ending')];
  const others = users.length - still - ending;
  const rates: Readonly<Record<LineStage, number | undefined>> = {
    still: undefined,
    ...(link === undefined ? withoutLink(still > 0) : withLink(link, { still, ending, others })),
  };
  return new Map(
    users.map(({ id, stage }) => {
      const rate = rates[stage];
      return [id, rate && Math.max(Math.floor(rate), LEAST_RATE)];
    }),
  );
}

type Rates = Readonly<Record<Exclude<LineStage, 'still'>, number | undefined>>;

function withoutLink(isStill: boolean): Rates {
  const rate = isStill ? TRICKLE_RATE : undefined;
  return { running: rate, held: rate, ending: rate };
}

function withLink(link: number, count: { still: number; ending: number; others: number }): Rates {
  const trickle = link * TRICKLE_SHARE;
  // One that stands still without a turn, because hardly a page of it is dirty or a person wants it, takes no turn away.
  const each = (count.ending + count.still > 0 ? trickle : link) / count.others;
  const rest = count.others > 0 ? link - trickle : link;
  return { running: each, held: each, ending: rest / count.ending };
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
