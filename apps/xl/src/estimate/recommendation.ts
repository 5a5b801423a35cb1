/** Recommends a policy in `xl migrate --estimate`: which options, what they cost, and why. */
import type { Prediction } from '@mig/sender/estimate';
import { millisecondsText, octetsText } from '../output/figures.js';
import { AS_GIVEN, STOCK } from './estimated-policies.js';

export interface Row {
  readonly policy: string;
  readonly prediction: Prediction;
}

interface Moving {
  readonly policy: string;
  readonly octets: number;
  readonly downtime: number;
  readonly prediction: Prediction;
}

export interface Recommendation {
  /** The policy, by the name of its row. */
  readonly policy: string;
  readonly sentences: readonly string[];
}

/** Milliseconds of downtime that few notice: less is not worth more bytes. */
const SHORT = 100;
/** Factor by which a policy must be better than what was given, or than no options. */
const BETTER = 1.1;
/** Milliseconds below which a prediction tells no more. */
const NEAR = 10;
/** Codes of the ends that are reached, not run into. */
const GOALS = new Set(['threshold', 'max-downtime']);

/**
 * Recommends a policy for one link: half the downtime is worth twice the bytes.
 * @param rows the predictions, that of the given options first
 * @param withSuspend whether the downtimes include the suspend itself
 * @returns undefined where no policy moves the domain
 */
export function recommendation(
  name: string,
  rows: readonly Row[],
  withSuspend: boolean,
): Recommendation | undefined {
  const moving = rows.flatMap(({ policy, prediction }): Moving[] => {
    const { downtimeMilliseconds: downtime, octets } = prediction;
    return downtime === undefined ? [] : [{ policy, octets, downtime, prediction }];
  });
  const [least] = [...moving].sort((a, b) => costOf(a) - costOf(b));
  if (least === undefined) return undefined;
  const isUsual = ({ policy }: Moving) => policy === AS_GIVEN || policy === STOCK;
  const best = moving.find((row) => isUsual(row) && costOf(row) <= costOf(least) * BETTER) ?? least;
  const stays =
    rows.some(({ policy }) => policy === AS_GIVEN) && !moving.some(({ policy }) => policy === AS_GIVEN);
  const time = millisecondsText(best.prediction.totalMilliseconds);
  const sentences = [
    `${stays ? `As given, ${name} stays here. ` : ''}Recommended: ${optionsOf(best)}. ` +
      `It pauses ${name} for ${pauseText(best.downtime)}${withSuspend ? '' : ' and the suspend itself'}, ` +
      `and sends ${octetsText(best.octets)} in ${time}.`,
    whyBest(name, best, moving),
  ];
  return { policy: best.policy, sentences };
}

/** A downtime as near as a prediction can tell. */
function pauseText(milliseconds: number): string {
  return milliseconds < NEAR ? `less than ${NEAR} ms` : `about ${millisecondsText(milliseconds)}`;
}

function costOf({ downtime, octets }: Moving): number {
  return Math.max(downtime, SHORT) * octets;
}

function optionsOf({ policy }: Moving): string {
  if (policy === STOCK) return 'no options, which is what stock does';
  return policy === AS_GIVEN ? 'the options as given' : policy;
}

function whyBest(name: string, best: Moving, moving: readonly Moving[]): string {
  if (best.downtime > SHORT && !moving.some(({ prediction }) => GOALS.has(prediction.end.code))) {
    return (
      `No policy gets much below that: ${name} writes as fast as this link sends. A faster link or a quieter hour helps; ` +
      '--abort-if-busy leaves it here.'
    );
  }
  const stock = moving.find(({ policy }) => policy === STOCK);
  const shortest = moving.reduce((least, row) => (row.downtime < least.downtime ? row : least));
  const against =
    stock === undefined || stock === best
      ? ''
      : `With no options it is ${millisecondsText(stock.downtime)} and ${octetsText(stock.octets)}`;
  const shorter =
    best.downtime <= SHORT || shortest.downtime * BETTER > best.downtime
      ? ''
      : `${millisecondsText(shortest.downtime)} would cost ${octetsText(shortest.octets)} (${shortest.policy})`;
  const said = [against, shorter].filter((part) => part !== '').join('; ');
  return said === '' ? 'No other policy does much better.' : `${said}.`;
}
