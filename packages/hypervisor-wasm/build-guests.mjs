/** Compiles the guests that come with the package: guests/NAME.ts to dist/guests/NAME.wasm. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('.', import.meta.url));
mkdirSync(`${folder}/dist/guests`, { recursive: true });

for (const name of ['wss', 'idle']) {
  const { error, stderr } = await asc.main([
    `guests/${name}.ts`,
    ...['--outFile', `dist/guests/${name}.wasm`, '--baseDir', folder],
    '-O3',
    // No allocator and no abort(): the guest imports only what the ABI has.
    ...['--runtime', 'stub', '--use', 'abort='],
    // Static data comes after the boot page, which is pfn 0.
    ...['--memoryBase', '65536'],
    ...['--importMemory', '--sharedMemory', '--enable', 'threads'],
    ...['--initialMemory', '2', '--maximumMemory', '65536'],
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}${error.message}\n`);
    process.exit(1);
  }
}
