import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';

/**
 * Compiles guests/dirty.ts.
 * @param {string} folder
 * @returns the path of the module
 */
export async function buildDirtyGuest(folder) {
  const module = join(folder, 'dirty.wasm');
  await run(folder, process.execPath, [
    fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js')),
    fileURLToPath(new URL('guests/dirty.ts', import.meta.url)),
    ...['--outFile', module, '-O3', '--runtime', 'stub', '--use', 'abort=', '--memoryBase', '65536'],
    ...['--importMemory', '--sharedMemory', '--enable', 'threads'],
    ...['--initialMemory', '2', '--maximumMemory', '65536'],
  ]);
  return module;
}
