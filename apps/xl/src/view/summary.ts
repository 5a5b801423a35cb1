import type { PassReport } from '@mig/hypervisor';
import type { MigrationReport } from '@mig/sender';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';
import type { TaskFailure } from '../worker/task.js';
import type { Account, GoalFields } from './account.js';

/** Makes the last line of `--json` after a success; docs/json.md lists its fields. */
export function completeEvent(report: MigrationReport, account: Account) {
  return {
    event: 'complete',
    ...account.fields(),
    goal: account.goalOf(report.downtimeMilliseconds),
    octetsSent: report.octetsSent,
    ...(report.digests !== undefined && { digests: report.digests }),
    totalMilliseconds: report.totalMilliseconds,
    downtimeMilliseconds: report.downtimeMilliseconds,
    suspendMilliseconds: report.suspendMilliseconds,
    reason: report.precopyEnd.code,
    explanation: report.precopyEnd.sentence,
    ...passFields(report.passes),
  };
}

/** Makes the last line of `--json` after a failure. */
export function failedEvent(failure: TaskFailure, account: Account) {
  const { message, advice, exitStatus, reason, stoppedBy, refusal, state, outcome } = failure;
  return {
    ...{ event: 'failed', message, advice, exitStatus, reason, stoppedBy, refusal, state, outcome },
    ...account.fields(),
    goal: account.goalMissed(outcome),
    octetsSent: account.octetsSent,
    totalMilliseconds: account.sinceBanner,
    ...passFields(account.passes),
  };
}

function passFields(passes: readonly PassReport[]) {
  return {
    iterations: liveIterations(passes),
    pagesSent: pagesSent(passes),
    ...zeroFields(passes),
    ...compressionFields(passes),
    passes: passes.map((pass) => ({ ...pass, octetsPerSecond: octetsPerSecond(pass) })),
  };
}

/** Words where the domain is and whether its downtime is what was asked for; begins as stock's last line. */
export function verdict({ downtimeMilliseconds: downtime }: MigrationReport, account: Account): string {
  const { domain, target, paused } = account.asked;
  const place = paused ? `is at ${target}, paused` : `runs at ${target}`;
  return `Migration successful: ${domain} ${place}. Downtime ${downtimeVerdict(downtime, account.goalOf(downtime))}.`;
}

/** Words a failure; an end that was asked for is none, and its first line says what became of the domain as well. */
export function failureLines({ message, advice, stoppedBy }: TaskFailure): string[] {
  if (stoppedBy === undefined) return [`Migration failed: ${message}.`, ...advice];
  if (stoppedBy === 'policy') return [`Migration stopped: ${message}.`, ...advice];
  const [domain, ...more] = advice;
  return [domain === undefined ? `Migration ${message}.` : `Migration ${message}: ${domain}`, ...more];
}

function downtimeVerdict(downtime: number, goal: GoalFields | undefined): string {
  if (goal === undefined) return millisecondsText(downtime);
  const asked = `the ${goal.askedMilliseconds} ms asked for`;
  if (goal.met) return `${millisecondsText(downtime)}, within ${asked}`;
  // Rounded as elsewhere it could read as if it were met.
  const step = downtime >= 1000 ? 10 : 1;
  const shown =
    Math.round(downtime / step) * step > goal.askedMilliseconds
      ? downtime
      : Math.ceil(downtime / step) * step;
  return `${millisecondsText(shown)}, more than ${asked}`;
}

/** Makes the lines of the summary on the terminal. */
export function summaryLines(report: MigrationReport): string[] {
  const iterations = liveIterations(report.passes);
  const { zeroPages, octetsSaved = 0 } = zeroFields(report.passes);
  const zeros = `${zeroPages} pages of zeros sent by their numbers, ${octetsText(octetsSaved)} saved`;
  return [
    `${iterations} live ${iterations === 1 ? 'pass' : 'passes'}; precopy ended: ${report.precopyEnd.sentence}`,
    `total time ${millisecondsText(report.totalMilliseconds)}, downtime ${millisecondsText(report.downtimeMilliseconds)}`,
    `${pagesSent(report.passes)} pages, ${octetsText(report.octetsSent)} sent, ` +
      rateText(report.octetsSent, report.totalMilliseconds),
    ...(zeroPages === undefined ? [] : [zeros]),
    ...compressionLines(report.passes),
    ...(report.digests === undefined
      ? []
      : [`${report.digests} digests of the stream checked by the target`]),
  ];
}

/** Counts the live passes that the policy asked for. */
function liveIterations(passes: readonly PassReport[]): number {
  return passes.filter(({ kind }) => kind === 'precopy').length;
}

function pagesSent(passes: readonly PassReport[]): number {
  return passes.reduce((sum, { sentPages }) => sum + sentPages, 0);
}

/** Sums up the pages of zeros that were sent by their numbers; nothing if there were none. */
function zeroFields(passes: readonly PassReport[]): Pick<PassReport, 'zeroPages' | 'octetsSaved'> {
  const zeroPages = passes.reduce((sum, pass) => sum + (pass.zeroPages ?? 0), 0);
  if (zeroPages === 0) return {};
  return { zeroPages, octetsSaved: passes.reduce((sum, pass) => sum + (pass.octetsSaved ?? 0), 0) };
}

type CompressionFields = Pick<
  PassReport,
  'compressedPages' | 'octetsSavedByCompression' | 'compressionLevel'
>;

/** Sums up the pages that were sent compressed; nothing if there were none. */
function compressionFields(passes: readonly PassReport[]): CompressionFields {
  const sum = (of: (pass: PassReport) => number | undefined) =>
    passes.reduce((total, pass) => total + (of(pass) ?? 0), 0);
  const compressedPages = sum((pass) => pass.compressedPages);
  if (compressedPages === 0) return {};
  return {
    compressedPages,
    octetsSavedByCompression: sum((pass) => pass.octetsSavedByCompression),
    compressionLevel: Math.max(...passes.map((pass) => pass.compressionLevel ?? 0)),
  };
}

function compressionLines(passes: readonly PassReport[]): string[] {
  const { compressedPages, octetsSavedByCompression = 0, compressionLevel } = compressionFields(passes);
  if (compressedPages === undefined) return [];
  const saved = `${octetsText(octetsSavedByCompression)} saved`;
  return [`${compressedPages} pages compressed at level ${compressionLevel}, ${saved}`];
}

function octetsPerSecond({ octets, milliseconds }: PassReport): number | undefined {
  return milliseconds > 0 ? Math.round((octets / milliseconds) * 1000) : undefined;
}
