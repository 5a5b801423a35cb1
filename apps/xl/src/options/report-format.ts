import { extname } from 'node:path';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export type ReportFormat = 'html' | 'svg';

/**
 * Picks the format by the suffix.
 * @param what names the file in the error
 * @throws Failure for any other suffix
 */
export function formatOf(what: string, path: string): ReportFormat {
  const suffix = extname(path).toLowerCase();
  if (suffix === '.html') return 'html';
  if (suffix === '.svg') return 'svg';
  throw new Failure(`${what} must be a file that ends in .html or .svg, not '${path}'`, ExitStatus.usage);
}
