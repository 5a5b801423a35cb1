import { terminalText } from '@mig/protocol/terminal-text';
import type { TraceRecord } from '@mig/trace';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import type { TextOutput } from '../output/text-output.js';
import { endText, readTrace } from '../report/read-trace.js';
import { recordJson } from './record-json.js';
import { recordLines } from './record-text.js';

/** Version of the output of `--json`: see docs/json.md. */
export const TRACE_EVENTS_VERSION = 1;

/**
 * Prints a trace. Exit status 1 if it is damaged, but not if its tail is torn: a trace is made to survive
 * that.
 */
export function show(context: Context, file: string, { json = false }: { json?: boolean }): void {
  const { output } = context;
  let finished = false;
  if (json)
    output.line(JSON.stringify({ event: 'schema', of: 'xl trace show', version: TRACE_EVENTS_VERSION }));
  const end = readTrace(file, (record: TraceRecord) => {
    finished ||= record.type === 'complete' || record.type === 'failed';
    if (json) showJson(output, record);
    else for (const line of recordLines(record)) output.line(line);
  });
  const remark = endText(end, finished);
  if (json) output.line(JSON.stringify({ event: 'end', trace: end.kind, finished, ...endPlace(end) }));
  else if (remark !== undefined) output.line(remark);
  if (end.kind === 'damaged') context.exitStatus = ExitStatus.failure;
}

function showJson(output: TextOutput, record: TraceRecord): void {
  for (const piece of recordJson(record)) output.text(terminalText(piece));
  output.line();
}

function endPlace(end: ReturnType<typeof readTrace>): object {
  switch (end.kind) {
    case 'whole':
      return {};
    case 'torn':
      return { offset: end.offset, octets: end.octets };
    case 'damaged':
      return { offset: end.fault.offset, code: end.fault.code, message: end.fault.message };
  }
}
