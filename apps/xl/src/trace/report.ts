import type { TraceRecord } from '@mig/trace';
import type { Context } from '../host/context.js';
import { renderReport } from '../report/render.js';
import { openOutputFile } from '../io/output-file.js';
import { endText, readTrace } from '../report/read-trace.js';
import { formatOf } from '../options/report-format.js';

export async function report({ log }: Context, file: string, page: string): Promise<void> {
  const format = formatOf('the page', page);
  const records: TraceRecord[] = [];
  // A page does not show which pages were dirty, and a bitmap is as large as everything else together.
  const end = readTrace(file, (record) => {
    if (record.type !== 'log-read') records.push(record);
  });
  const remark = endText(end, true);
  if (remark !== undefined) log.warning(remark);
  const text = await renderReport(records, format, end);
  const output = openOutputFile(file, page);
  try {
    output.write(new TextEncoder().encode(text));
    output.complete();
  } finally {
    output.close();
  }
}
