/**
 * Writes the manual pages and the completions of bash and zsh, as they lie below a prefix, and the commands'
 * reference for the site, all from the program's own commands and options.
 *
 *   node tooling/manual/main.mjs        into dist/manual
 */
import { fileURLToPath } from 'node:url';
import { writeManual, writeReference } from './write.mjs';

const folder = fileURLToPath(new URL('../../dist/manual', import.meta.url));
for (const path of [...writeManual(`${folder}/share`), writeReference(folder)]) console.log(path);
