import type { TraceHeader } from '@mig/trace';
import type { Names } from './names.js';

/** What a migration is to keep of itself. Plain: it crosses into the worker. */
export interface TraceTask {
  /** Where `--trace` goes. */
  readonly file: { readonly descriptor: number; readonly path: string } | undefined;
  /** The records are wanted by the main thread as well, for a report. */
  readonly posted: boolean;
  readonly bitmaps: boolean;
  /** For the advice of a failure. */
  readonly names: Names;
  readonly header: Omit<TraceHeader, 'type' | 'at' | 'magic' | 'version' | 'date'>;
}
