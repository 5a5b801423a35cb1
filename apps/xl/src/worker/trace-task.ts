import type { TraceHeader } from '@mig/trace';
import type { Names } from './names.js';

/** The recordings that a migration makes. Plain data: it crosses into the worker. */
export interface TraceTask {
  /** The file of `--trace`. */
  readonly file: { readonly descriptor: number; readonly path: string } | undefined;
  /** Whether the main thread gets the records, too, for a report. */
  readonly posted: boolean;
  readonly bitmaps: boolean;
  /** Names for the advice of a failure. */
  readonly names: Names;
  readonly header: Omit<TraceHeader, 'type' | 'at' | 'magic' | 'version' | 'date'>;
}
