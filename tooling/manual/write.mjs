/** Writes what the manual is made of. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bashCompletion } from './bash.mjs';
import { describeProgram } from './commands.mjs';
import { helperPage, migPage } from './pages.mjs';
import { commandSections, globalOptions } from './reference.mjs';
import { zshCompletion } from './zsh.mjs';

/** @import { manualFiles, xlFiles } from './files.mjs' */

/**
 * Writes the manual pages and the completions.
 * @param {string} share the folder that becomes share/ of a prefix
 * @returns the paths
 */
export function writeManual(share) {
  const program = describeProgram();
  /** @type {Record<(typeof manualFiles)[number] | (typeof xlFiles)[number], string>} */
  const files = {
    'man/man1/mig.1': migPage(program),
    'man/man8/xl-save-helper.8': helperPage(),
    'bash-completion/completions/mig': bashCompletion(program, 'mig'),
    'bash-completion/completions/xl': bashCompletion(program, 'xl'),
    'zsh/site-functions/_mig': zshCompletion(program, 'mig'),
    'zsh/site-functions/_xl': zshCompletion(program, 'xl'),
  };
  return Object.entries(files).map(([name, text]) => write(join(share, name), text));
}

/**
 * Writes the page of the site that lists every command and its options.
 * @param {string} folder
 * @returns its path
 */
export function writeReference(folder) {
  const program = describeProgram();
  return write(
    join(folder, 'commands.md'),
    `# Commands and options

Made from the program itself: what \`xl help COMMAND\` prints. [xl.md](../../docs/xl.md) explains it.

Before the command:

${globalOptions(program)}
${commandSections(program, 'xl')}`,
  );
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
