/** A trace as a page. Everything here is loaded when a report is made, and not before. */
import { terminalLines } from '@mig/protocol/terminal-text';
import type { TraceEnd, TraceRecord } from '@mig/protocol/trace';
import type { ReportFormat } from '../trace/report-format.js';
import { drawings } from './charts.js';
import { htmlPage } from './html.js';
import { storyOf } from './story.js';
import { svgPage } from './svg.js';

/**
 * The same records give the same page.
 * @param records with the header first
 * @param end how the trace ends, where it was read from a file
 * @returns a file that needs no other
 */
export async function renderReport(
  records: readonly TraceRecord[],
  format: ReportFormat,
  end?: TraceEnd,
): Promise<string> {
  const story = storyOf(records, end);
  const drawn = await drawings(story);
  const page = format === 'html' ? htmlPage(story, drawn) : svgPage(story, drawn);
  // Who wrote the trace has chosen the names in it, and control characters are not to be had in XML at all.
  return terminalLines(page);
}
