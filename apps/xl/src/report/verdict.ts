/** The verdict on a migration: how it ended, compared with what was asked for. */
import { downtimeGoal } from '@mig/sender/policy';
import { nextTime } from './next-time.js';
import { endText } from './read-trace.js';
import type { ReportModel } from './report-model.js';
import { timeText } from './units.js';

export interface Verdict {
  readonly kind: 'succeeded' | 'missed' | 'aborted' | 'failed' | 'unknown';
  readonly heading: string;
  readonly sentences: readonly string[];
}

export function verdictOf(model: ReportModel): Verdict {
  const { outcome, precopyEnd } = model;
  const ended = precopyEnd === undefined ? [] : [`Precopy ended: ${precopyEnd.sentence}.`];
  const advice = nextTime(model);
  const flaw = endText(model.end, outcome !== undefined);
  const remarks = [
    ...(advice === undefined ? [] : [advice]),
    ...(flaw === undefined ? [] : [`Of this report, ${flaw}.`]),
  ];
  if (outcome === undefined)
    return { kind: 'unknown', heading: 'Unknown', sentences: [...ended, ...remarks] };
  if (outcome.type === 'complete') {
    return { ...successOf(model, outcome.downtimeMilliseconds), sentences: [...ended, ...remarks] };
  }
  const asked = askedFor(model, outcome);
  if (asked !== undefined) {
    return {
      kind: 'aborted',
      heading: `Aborted as asked${asked}`,
      sentences: [sentenceOf(outcome.message), ...outcome.advice, ...remarks],
    };
  }
  const sentences = [...outcome.advice, ...ended, ...remarks];
  return { kind: 'failed', heading: `Failed: ${outcome.message}`, sentences };
}

/** The downtime that was asked for in the end, in milliseconds; undefined if none was. */
export function goalOf({ settingsSpans }: ReportModel): number | undefined {
  const asked = settingsSpans.at(-1)?.settings['max-downtime'];
  return typeof asked === 'number' ? asked : undefined;
}

function successOf(model: ReportModel, downtime: number): Pick<Verdict, 'kind' | 'heading'> {
  const goal = downtimeGoal(goalOf(model), downtime);
  if (goal === undefined) return { kind: 'succeeded', heading: `Succeeded: downtime ${timeText(downtime)}` };
  const { askedMilliseconds: asked, met } = goal;
  // Rounded, they may read alike.
  const was =
    timeText(downtime) === timeText(asked) && !met ? `${downtime.toFixed(1)} ms` : timeText(downtime);
  return {
    kind: met ? 'succeeded' : 'missed',
    heading: `Succeeded: downtime ${was}, ${met ? 'within' : 'more than'} the ${timeText(asked)} asked for`,
  };
}

type Failed = Extract<ReportModel['outcome'], { type: 'failed' }>;

/** Options that asked for an abort, by the code of the decision. */
const ASKED_BY: Readonly<Record<string, string>> = {
  busy: '--abort-if-busy',
  'out-of-reach': '--abort-if-busy',
  timeout: '--timeout-action abort',
};

/** Names the option that asked for the abort, where the message does not; undefined if nobody did: then it failed. */
function askedFor({ settingsSpans }: ReportModel, { reason, stoppedBy }: Failed): string | undefined {
  if (stoppedBy === undefined) return undefined;
  if (reason === undefined) return '';
  const { policy } = settingsSpans[0]!.settings;
  return ` by ${ASKED_BY[reason] ?? (policy === undefined ? 'the policy' : `--policy ${String(policy)}`)}`;
}

function sentenceOf(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
