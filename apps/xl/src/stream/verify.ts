import { type Deviation, StreamError, type StreamStart } from '@mig/protocol';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { InputFile } from '../io/input-file.js';
import { walk } from './walk.js';

/**
 * Reports every deviation as it is met, then the verdict. Deviations of stock itself are tolerated and do
 * not count.
 */
export function verify(context: Context, file: string, { start }: { start?: StreamStart }): void {
  const { output } = context;
  const source = InputFile.open(file, { seek: true });
  let records = 0;
  let pages = 0;
  const found = { wrong: 0, tolerated: 0 };
  const say = (deviation: Deviation) => {
    found[deviation.severity] += 1;
    output.line(deviationText(deviation));
  };
  let unread = '';
  try {
    walk(
      source,
      { start, strictness: 'verify', onDeviation: say },
      {
        event(event) {
          if (event.kind === 'record' || event.kind === 'pages') records += 1;
          if (event.kind === 'pages') pages += event.present;
        },
      },
    );
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    say(asDeviation(error));
    unread = `, not read on from byte ${error.offset}`;
  } finally {
    source.close();
  }
  const counts = `${records} records, ${pages} pages, ${found.wrong} wrong, ${found.tolerated} tolerated${unread}`;
  output.line(`${source.name}: ${found.wrong === 0 ? 'as specified' : 'not as specified'}: ${counts}`);
  if (found.wrong > 0) context.exitStatus = ExitStatus.failure;
}

function asDeviation(error: StreamError): Deviation {
  const { code, layer, record, field, offset, rawMessage: message, specification = '' } = error;
  return {
    severity: 'wrong',
    code,
    layer,
    offset,
    message,
    specification,
    ...(record === undefined ? {} : { record }),
    ...(field === undefined ? {} : { field }),
  };
}

function deviationText({
  severity,
  code,
  layer,
  record,
  field,
  offset,
  message,
  specification,
}: Deviation): string {
  const where = record === undefined ? layer : `${layer} record ${record.index} (${record.name})`;
  const what = field === undefined || message.startsWith(field) ? message : `${field}: ${message}`;
  const asked = specification === '' ? '' : ` (${specification})`;
  return `${severity.padEnd(9)} ${where} at byte ${offset}: ${code}: ${what}${asked}`;
}
