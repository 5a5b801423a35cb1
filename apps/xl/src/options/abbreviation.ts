/** Abbreviations of a command's name: stock accepts any unambiguous beginning. */

/**
 * @param argv the arguments after `xl`
 * @returns the same with the command's name in full, if exactly one begins so
 */
export function expandAbbreviation(argv: readonly string[], names: readonly string[]): string[] {
  const index = argv.findIndex((argument) => !argument.startsWith('-'));
  const word = argv[index];
  if (word === undefined || word === '' || names.includes(word)) return [...argv];
  const matches = names.filter((name) => name.startsWith(word));
  const [match] = matches;
  return match === undefined || matches.length > 1 ? [...argv] : argv.with(index, match);
}
