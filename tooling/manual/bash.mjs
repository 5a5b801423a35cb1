/** Makes the completion for bash: a script with the words of every command in it. */
import { readFileSync } from 'node:fs';
import { descendants } from './commands.mjs';
import { kindOf } from './kinds.mjs';

/** @import { CommandEntry } from './commands.mjs' */

const template = readFileSync(new URL('completion.bash', import.meta.url), 'utf8');

/**
 * @param {CommandEntry} program
 * @param {string} name that it completes
 */
export function bashCompletion(program, name) {
  const entries = [program, ...descendants(program)];
  /** @type {Record<string, string>} */
  const parts = {
    NAME: name,
    WORDS: entries.map(wordsCase).join('\n'),
    VALUES: entries.flatMap(valueCases).join('\n'),
  };
  return template.replace(/^.*@([A-Z]+)@.*$/gm, (line, part) =>
    line.trim() === `@${part}@` ? (parts[part] ?? line) : line.replace(`@${part}@`, parts[part] ?? ''),
  );
}

/** @param {CommandEntry} entry */
function wordsCase(entry) {
  const commands = entry.commands.map(({ name }) => name).join(' ');
  const options = [...entry.options.flatMap(({ names }) => names), '-h', '--help'].join(' ');
  const kinds = entry.arguments.map((argument) => kindOf(argument) + (argument.variadic ? '...' : ''));
  return `    '${entry.path}') commands='${commands}' options='${options}' arguments='${kinds.join(' ')}' ;;`;
}

/** @param {CommandEntry} entry */
function valueCases({ path, options }) {
  return options.flatMap((option) => {
    if (option.value === undefined) return [];
    const patterns = option.names.map((name) => `'${path} ${name}'`).join(' | ');
    return [`    ${patterns}) value='${option.choices?.join(' ') ?? kindOf(option)}' ;;`];
  });
}
