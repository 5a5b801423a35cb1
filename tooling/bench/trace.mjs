import { readFileSync, rmSync } from 'node:fs';
import { TraceDecoder } from '@mig/trace';

/**
 * Reads a file written by `xl migrate --trace`, and removes it.
 * @param {string} path
 * @returns the records
 */
export function takeTrace(path) {
  const decoder = new TraceDecoder();
  const records = [...decoder.push(readFileSync(path))];
  const { kind } = decoder.end();
  if (kind !== 'whole') throw new Error(`the trace ${path} is ${kind}`);
  rmSync(path);
  return records;
}
