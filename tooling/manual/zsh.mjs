/** Makes the completion for zsh, with what the help says of each option. */
import { readFileSync } from 'node:fs';
import { kindOf } from './kinds.mjs';

/** @import { ArgumentEntry, CommandEntry, OptionEntry } from './commands.mjs' */

const template = readFileSync(new URL('completion.zsh', import.meta.url), 'utf8');

const actions = {
  domains: '_mig_domains',
  files: '_files',
  hosts: '_hosts',
  commands: '_mig_commands',
  none: ' ',
};

/**
 * @param {CommandEntry} program
 * @param {string} name that it completes
 */
export function zshCompletion(program, name) {
  /** @type {Record<string, string>} */
  const parts = {
    NAME: name,
    COMMANDS: describedNames(program),
    OPTIONS: program.options.flatMap(optionSpecs).join(' \\\n    '),
    CASES: program.commands.map((command) => commandCase(command, '      ')).join('\n'),
  };
  return template.replace(/@([A-Z]+)@/g, (mark, part) => parts[part] ?? mark);
}

/** @param {CommandEntry} entry */
function describedNames({ commands }) {
  return commands.map(({ name, text }) => `    ${quote(`${name}:${text}`)}`).join('\n');
}

/** @param {CommandEntry} command @param {string} indent @returns {string} */
function commandCase(command, indent) {
  const { name, options, commands } = command;
  const specs = ["'(- *)'{-h,--help}'[print this help]'", ...options.flatMap(optionSpecs)];
  const inner = `${indent}  `;
  if (commands.length === 0) {
    specs.push(...command.arguments.map(argumentSpec));
    return `${indent}${name})\n${inner}_arguments -s ${specs.join(` \\\n${inner}  `)} ;;`;
  }
  return [
    `${indent}${name})`,
    `${inner}_arguments -C -s ${specs.join(' ')} '1: :->subcommand' '*:: :->subarguments'`,
    `${inner}local -a subcommands=(`,
    describedNames(command),
    `${inner})`,
    `${inner}[[ $state == subcommand ]] && _describe subcommand subcommands`,
    `${inner}[[ $state == subarguments ]] && case $words[1] in`,
    ...commands.map((child) => commandCase(child, `${inner}  `)),
    `${inner}esac ;;`,
  ].join('\n');
}

/** @param {OptionEntry} option */
function optionSpecs(option) {
  const { names, value, choices, text } = option;
  const action = choices === undefined ? actions[kindOf(option)] : `(${choices.join(' ')})`;
  const argument = value === undefined ? '' : `:${escape(value)}:${action}`;
  const others = names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => {
    const how = value === undefined ? '' : name.startsWith('--') ? '=' : '+';
    return quote(`${others}${name}${how}[${escape(text)}]${argument}`);
  });
}

/** @param {ArgumentEntry} argument @param {number} index */
function argumentSpec(argument, index) {
  const place = argument.variadic ? '*' : String(index + 1);
  return quote(`${place}:${escape(argument.name)}:${actions[kindOf(argument)]}`);
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
