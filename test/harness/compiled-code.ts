import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps the compiled code of the programs that tests start in a place of their own.
 * @returns a function that removes it
 */
export default function keepCompiledCode(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'mig-test-compiled-'));
  process.env['MIG_CACHE_DIR'] = join(folder, 'cache');
  return () => rmSync(folder, { recursive: true });
}
