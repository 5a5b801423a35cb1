/** Makes the commands' reference, in Markdown: a page of the site, and the commands of mig(1). */
import { descendants } from './commands.mjs';

/** @import { CommandEntry, OptionEntry } from './commands.mjs' */

/** @param {CommandEntry} program */
export function globalOptions(program) {
  return optionTable(program.options);
}

/**
 * Makes a section for each command, with its usage and its options.
 * @param {CommandEntry} program
 * @param {string} name of the program
 */
export function commandSections(program, name) {
  const sections = descendants(program).map(({ path, text, usage, options }) => {
    const table = options.length === 0 ? '' : `\n${optionTable(options)}`;
    return `## ${path}\n\n${escapeText(text)}.\n\n    ${name} ${usage}\n${table}`;
  });
  return sections.join('\n');
}

/** @param {OptionEntry[]} options */
function optionTable(options) {
  return `| option | |\n| --- | --- |\n${options.map(optionRow).join('')}`;
}

/** @param {OptionEntry} option */
function optionRow({ names, value, choices, text }) {
  const shown = choices?.join('\\|') ?? value?.toUpperCase();
  const flags = names.map((name) => `\`${shown === undefined ? name : `${name} ${shown}`}\``);
  return `| ${flags.join(', ')} | ${escapeText(text)} |\n`;
}

/** @param {string} text plain text, to be shown as it is */
function escapeText(text) {
  return text.replace(/[\\`*_<>[\]|]/g, (character) => `\\${character}`);
}
