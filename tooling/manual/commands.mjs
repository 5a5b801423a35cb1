/** Describes the commands of `xl` as data, from the program that parses them. */
import { buildProgram } from '@mig/xl';

/** @import { Command, Option } from 'commander' */

/**
 * @typedef {object} OptionEntry
 * @property {string[]} names such as `-i` and `--precopy-iterations`
 * @property {string} [value] the name of its value, where it takes one
 * @property {readonly string[]} [choices] all that the value may be
 * @property {string} text
 */

/**
 * @typedef {object} ArgumentEntry
 * @property {string} name
 * @property {boolean} variadic
 */

/**
 * @typedef {object} CommandEntry
 * @property {string} path the words that name it, such as `stream verify`; empty for the program itself
 * @property {string} name the last of these words
 * @property {string} text
 * @property {string} usage what follows the program's name
 * @property {OptionEntry[]} options those that its help shows, but for `-h`
 * @property {string[]} hidden names of the options that are accepted without effect, or refused by name
 * @property {ArgumentEntry[]} arguments
 * @property {CommandEntry[]} commands
 */

/** @returns {CommandEntry} the program, and below it its commands */
export function describeProgram() {
  return describe(buildProgram(), '');
}

/** @param {CommandEntry} entry @returns {CommandEntry[]} the commands below it, each before its own */
export function descendants({ commands }) {
  return commands.flatMap((command) => [command, ...descendants(command)]);
}

/** @param {Command} command @param {string} path @returns {CommandEntry} */
function describe(command, path) {
  const [usage = ''] = command.helpInformation().split('\n', 1);
  return {
    path,
    name: command.name(),
    text: command.description(),
    usage: usage.replace(/^Usage:? xl /, ''),
    options: command.options.filter(({ hidden }) => !hidden).map(describeOption),
    hidden: command.options.filter(({ hidden }) => hidden).flatMap(namesOf),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      variadic: argument.variadic,
    })),
    commands: command.commands.map((child) => describe(child, `${path} ${child.name()}`.trim())),
  };
}

/** @param {Option} option @returns {OptionEntry} */
function describeOption(option) {
  const [, value] = /[<[](.*?)[\]>]/.exec(option.flags) ?? [];
  return {
    names: namesOf(option),
    text: option.description,
    ...(value === undefined ? {} : { value }),
    ...(option.argChoices === undefined ? {} : { choices: option.argChoices }),
  };
}

/** @param {Option} option */
function namesOf({ short, long }) {
  return [short, long].filter((name) => name !== undefined && name !== null);
}
