import type { PassReport } from '@mig/hypervisor';
import type { MigrationReport } from '@mig/sender';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';

/** Makes the last line of `--json`; docs/xl.md lists its fields. */
export function completeEvent(report: MigrationReport) {
  return {
    event: 'complete',
    iterations: liveIterations(report.passes),
    pagesSent: pagesSent(report.passes),
    octetsSent: report.octetsSent,
    totalMilliseconds: report.totalMilliseconds,
    downtimeMilliseconds: report.downtimeMilliseconds,
    suspendMilliseconds: report.suspendMilliseconds,
    reason: report.precopyEnd.code,
    explanation: report.precopyEnd.sentence,
    passes: report.passes.map((pass) => ({ ...pass, octetsPerSecond: octetsPerSecond(pass) })),
  };
}

/** Makes the lines of the summary on the terminal. */
export function summaryLines(report: MigrationReport): string[] {
  const iterations = liveIterations(report.passes);
  return [
    passLine(['pass', 'kind', 'dirty', 'sent', 'octets', 'time', 'rate']),
    ...report.passes.map((pass) =>
      passLine([
        String(pass.iteration),
        pass.kind,
        String(pass.dirtyPages),
        String(pass.sentPages),
        octetsText(pass.octets),
        millisecondsText(pass.milliseconds),
        rateText(pass.octets, pass.milliseconds),
      ]),
    ),
    `iterations ${iterations}, precopy ended: ${report.precopyEnd.sentence} (${report.precopyEnd.code})`,
    `total time ${millisecondsText(report.totalMilliseconds)}, downtime ${millisecondsText(report.downtimeMilliseconds)}`,
    `${pagesSent(report.passes)} pages, ${octetsText(report.octetsSent)} sent, ` +
      rateText(report.octetsSent, report.totalMilliseconds),
  ];
}

/** Counts the live passes that the policy asked for. */
function liveIterations(passes: readonly PassReport[]): number {
  return passes.filter(({ kind }) => kind === 'precopy').length;
}

function pagesSent(passes: readonly PassReport[]): number {
  return passes.reduce((sum, { sentPages }) => sum + sentPages, 0);
}

function octetsPerSecond({ octets, milliseconds }: PassReport): number | undefined {
  return milliseconds > 0 ? Math.round((octets / milliseconds) * 1000) : undefined;
}

const widths = [4, 13, 9, 9, 11, 9, 14];

function passLine(cells: string[]): string {
  return cells.map((cell, i) => (i === 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
}
