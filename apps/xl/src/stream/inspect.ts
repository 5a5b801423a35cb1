import type { StreamStart } from '@mig/protocol';
import type { Context } from '../host/context.js';
import { InputFile } from '../io/input-file.js';
import { rowOf } from './row.js';
import { HEADING, rowText } from './row-text.js';
import { walk } from './walk.js';

export function inspect(context: Context, file: string, options: { json?: true; start?: StreamStart }): void {
  const { output } = context;
  const source = InputFile.open(file, { seek: true });
  let records = 0;
  let pages = 0;
  if (!options.json) output.line(HEADING);
  try {
    const octets = walk(
      source,
      { start: options.start },
      {
        event(event) {
          const row = rowOf(event);
          if (event.kind === 'record' || event.kind === 'pages') records += 1;
          if (event.kind === 'pages') pages += event.present;
          output.line(options.json ? JSON.stringify(row) : rowText(row));
        },
      },
    );
    if (!options.json) output.line(`${octets} bytes, ${records} records, ${pages} pages`);
  } finally {
    source.close();
  }
}
