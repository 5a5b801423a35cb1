import { EventEncoder, type StreamStart } from '@mig/protocol';
import type { Context } from '../host/context.js';
import { InputFile } from '../io/input-file.js';
import { openOutputFile } from '../io/output-file.js';
import { walk } from './walk.js';

/** Decodes every record and encodes it anew; pages pass through untouched. */
export function copy(context: Context, from: string, to: string, { start }: { start?: StreamStart }): void {
  const source = InputFile.open(from, { seek: false });
  try {
    const target = openOutputFile(from, to);
    try {
      const encoder = new EventEncoder();
      const octets = walk(
        source,
        { start },
        {
          event: (event) => target.write(encoder.encode(event)),
          pages: (pages) => target.write(pages),
        },
      );
      target.complete();
      context.log.detail(`xl: ${octets} bytes copied`);
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}
