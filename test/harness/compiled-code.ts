import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The compiled code of the programs that tests start is kept for them alone. @returns what removes it */
export default function keepCompiledCode(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'mig-test-compiled-'));
  process.env['MIG_CACHE_DIR'] = join(folder, 'cache');
  return () => rmSync(folder, { recursive: true });
}
