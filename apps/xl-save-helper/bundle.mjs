/** One file of all that the helper needs: a start reads and compiles one file instead of a hundred. */
import { build } from 'esbuild';

await build({
  entryPoints: ['dist/main.js'],
  outfile: 'dist/bundle.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // Foreign functions come as machine code, in a file of its own.
  external: ['koffi'],
  logLevel: 'warning',
});
