import { TraceDecoder, type TraceEnd, type TraceRecord } from '@mig/trace';
import { Failure } from '../output/failure.js';
import { InputFile } from '../io/input-file.js';
import { nameOf } from '../io/standard-stream.js';

const PIECE = 2 ** 20;

/**
 * Reads a trace, a piece at a time.
 * @param path `-` is standard input
 * @returns how it ends
 * @throws Failure if it is no trace at all
 */
export function readTrace(path: string, take: (record: TraceRecord) => void): TraceEnd {
  const source = InputFile.open(path, { seek: false });
  try {
    const decoder = new TraceDecoder();
    for (;;) {
      const octets = source.some(PIECE);
      if (octets.length === 0) break;
      for (const record of decoder.push(octets)) take(record);
      if (decoder.fault !== undefined) break;
    }
    const end = decoder.end();
    const name = nameOf(path, 0);
    if (end.kind === 'damaged' && end.fault.offset === 0)
      throw new Failure(`${name} is not a trace that can be read: ${end.fault.message}`);
    if (end.kind === 'torn' && end.offset === 0)
      throw new Failure(`${name} has no record of a trace: it ends after ${end.octets} bytes`);
    return end;
  } finally {
    source.close();
  }
}

/** Words the end of a trace; undefined if it is complete. */
export function endText(end: TraceEnd, finished: boolean): string | undefined {
  switch (end.kind) {
    case 'damaged':
      return `the trace is damaged at byte ${end.fault.offset}: ${end.fault.message}`;
    case 'torn':
      return `the trace is torn: ${end.octets} bytes of an incomplete record at byte ${end.offset}`;
    case 'whole':
      return finished ? undefined : 'the trace ends before the migration does';
  }
}
