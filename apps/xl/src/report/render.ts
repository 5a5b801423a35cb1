/** Renders a trace as a page. Load this only when a report is made. */
import { terminalLines } from '@mig/protocol/terminal-text';
import type { TraceEnd, TraceRecord } from '@mig/trace';
import type { ReportFormat } from '../options/report-format.js';
import { drawings } from './charts.js';
import { htmlPage } from './html.js';
import { reportModelOf } from './report-model.js';
import { svgPage } from './svg.js';

/**
 * Renders the report: the same records always give the same page.
 * @param records with the header first
 * @param end the end of the trace, if it was read from a file
 * @returns a page that needs no other file
 */
export async function renderReport(
  records: readonly TraceRecord[],
  format: ReportFormat,
  end?: TraceEnd,
): Promise<string> {
  const model = reportModelOf(records, end);
  const drawn = await drawings(model);
  const page = format === 'html' ? htmlPage(model, drawn) : svgPage(model, drawn);
  // The trace's writer has chosen the names in it, and XML allows no control characters.
  return terminalLines(page);
}
