import type { ReportPass } from './report-model.js';

/** The name of a pass on an axis. */
export function passName({ iteration, kind }: Pick<ReportPass, 'iteration' | 'kind'>): string {
  return `${iteration} ${kind}`;
}

export function passOrder(passes: readonly ReportPass[]): string[] {
  return passes.map(passName);
}
